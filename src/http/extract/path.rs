//! Ids, numbers and names in paths.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use uuid::Uuid;

use crate::application::Error;
use crate::http::problem::Problem;

/// The `{id}` of a path. What is no id looks exactly like an id that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id<T>(pub T);

impl<T: From<Uuid>> FromRequest for Id<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(parse);
        ready(id.map(|id| Self(T::from(id))).ok_or(Error::NotFound.into()))
    }
}

/// The `{number}` of a path, from 1. What is none looks exactly like a number that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number(pub u32);

impl FromRequest for Number {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let number = request.match_info().get("number").and_then(counted);
        ready(number.map(Self).ok_or(Error::NotFound.into()))
    }
}

/// Only the digits that this service writes.
fn counted(text: &str) -> Option<u32> {
    text.parse()
        .ok()
        .filter(|number: &u32| *number > 0 && number.to_string() == text)
}

/// The longest name in a path, in characters.
const LONGEST_NAME: usize = 64;

/// The `{name}` of a path. A longer one names nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(pub String);

impl FromRequest for Name {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let name = request.match_info().get("name").map(ToOwned::to_owned);
        let name = name.filter(|name| name.chars().count() <= LONGEST_NAME);
        ready(name.map(Self).ok_or(Error::NotFound.into()))
    }
}

/// Only the 36 characters that this service writes, in either case.
fn parse(text: &str) -> Option<Uuid> {
    (text.len() == 36)
        .then(|| Uuid::try_parse(text).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_one_way() {
        assert_eq!(counted("17"), Some(17));
        for bad in ["", "0", "-1", "+1", "01", "1.0", "4294967296", "x"] {
            assert_eq!(counted(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_the_hyphenated_form_is_an_id() {
        assert!(parse("0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21").is_some());
        assert!(parse("0199F3C2-6D1A-7C40-8A53-1F0C6F0E9B21").is_some());
        assert!(parse("0199f3c26d1a7c408a531f0c6f0e9b21").is_none());
        assert!(parse("{0199f3c2-6d1a-7c40-8a53-1f0c6f0e9b21}").is_none());
        assert!(parse("1").is_none());
        assert!(parse("").is_none());
    }
}
