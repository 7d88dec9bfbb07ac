//! Query strings, read as strictly as bodies: unknown, repeated and malformed parameters are refused by name.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::value::{Error as ValueError, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use validator::Validate;

use super::shape::{self, Source};
use crate::application::Fault;
use crate::http::problem::Problem;

/// The longest value of a parameter, in bytes.
const LONGEST_VALUE: usize = 1024;

/// The parameters of a request.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Validate> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(pairs(request).and_then(|pairs| typed(&pairs)).map(Self))
    }
}

/// The parameters as sent, percent-decoded, in order.
pub(super) fn pairs(request: &HttpRequest) -> Result<Vec<(String, String)>, Problem> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string())
        .map_err(|_| Problem::shape(Fault::parameter("", "the query string cannot be read")))?
        .into_inner();
    for (name, value) in &pairs {
        let detail = if value.len() > LONGEST_VALUE {
            "must have at most 1024 bytes"
        } else if value.contains(['\0', '\u{FFFD}']) {
            "must be UTF-8 without NUL characters"
        } else {
            continue;
        };
        return Err(Problem::shape(Fault::parameter(plain(name), detail)));
    }
    Ok(pairs)
}

/// A parameter name, unless it is nothing that this service would name.
pub(super) fn plain(name: &str) -> &str {
    let plain = (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain { name } else { "" }
}

pub(super) fn typed<T: DeserializeOwned + Validate>(
    pairs: &[(String, String)],
) -> Result<T, Problem> {
    let mut grouped: Vec<(&str, Values<'_>)> = Vec::new();
    for (name, value) in pairs {
        match grouped.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.0.push(value),
            None => grouped.push((name, Values(vec![value]))),
        }
    }
    let parameters = MapDeserializer::<_, ValueError>::new(grouped.into_iter());
    let value: T = serde_path_to_error::deserialize(parameters).map_err(|error| {
        Problem::shape(shape::fault(error.path(), error.inner(), Source::Query))
    })?;
    value
        .validate()
        .map_err(|errors| Problem::invalid(shape::faults(&errors, Source::Query)))?;
    Ok(value)
}

/// Every value sent under one name.
struct Values<'a>(Vec<&'a str>);

impl<'a> Values<'a> {
    fn single(&self) -> Result<&'a str, ValueError> {
        match self.0[..] {
            [value] => Ok(value),
            _ => Err(ValueError::custom("must be given once")),
        }
    }

    fn number<T: std::str::FromStr>(&self) -> Result<T, ValueError> {
        self.single()?
            .parse()
            .map_err(|_| ValueError::custom("must be a whole number within the documented bounds"))
    }
}

impl<'a> IntoDeserializer<'a, ValueError> for Values<'a> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Values<'de> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_str(self.single()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.single()? {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(ValueError::custom("must be true or false")),
        }
    }

    fn deserialize_i16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_i16(self.number()?)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_i32(self.number()?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_i64(self.number()?)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_u16(self.number()?)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_u32(self.number()?)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_seq(SeqDeserializer::new(
            self.0.into_iter().map(|value| Values(vec![value])),
        ))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        let variant: serde::de::value::StrDeserializer<'_, ValueError> =
            self.single()?.into_deserializer();
        visitor.visit_enum(variant)
    }

    forward_to_deserialize_any! {
        i8 u8 u64 i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct
        identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::Place;
    use crate::http::problem::Code;
    use actix_web::test::TestRequest;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum State {
        Active,
        Warned,
    }

    #[derive(Debug, PartialEq, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        #[validate(range(min = 1, max = 9))]
        count: Option<i32>,
        dry_run: Option<bool>,
        #[serde(default)]
        state: Vec<State>,
        organization: Option<uuid::Uuid>,
    }

    fn read(query: &str) -> Result<Filter, (Code, String, String)> {
        let request = TestRequest::with_uri(&format!("/x?{query}")).to_http_request();
        pairs(&request)
            .and_then(|pairs| typed(&pairs))
            .map_err(|problem| {
                let fault = problem.faults().first().unwrap();
                let Place::Parameter(name) = &fault.place else {
                    panic!("{fault:?}")
                };
                (problem.code, name.clone(), fault.detail.clone())
            })
    }

    #[test]
    fn reads_typed_parameters() {
        let filter = read("count=3&dry_run=true&state=active&state=warned").unwrap();
        assert_eq!(filter.count, Some(3));
        assert_eq!(filter.dry_run, Some(true));
        assert_eq!(filter.state, [State::Active, State::Warned]);
        assert!(read("").unwrap().organization.is_none());
    }

    #[test]
    fn refuses_by_name_and_repeats_no_value() {
        for (query, code, name, detail) in [
            ("count=secret", Code::WrongShape, "count", "whole number"),
            ("count=1.5", Code::WrongShape, "count", "whole number"),
            ("count=-1", Code::Invalid, "count", "1 to 9"),
            ("count=1&count=2", Code::WrongShape, "count", "given once"),
            (
                "dry_run=secret",
                Code::WrongShape,
                "dry_run",
                "true or false",
            ),
            ("dry_run=", Code::WrongShape, "dry_run", "true or false"),
            ("state=secret", Code::WrongShape, "state", "`warned`"),
            (
                "organization=secret",
                Code::WrongShape,
                "organization",
                "UUID",
            ),
            ("organization=%00", Code::WrongShape, "organization", "NUL"),
            (
                "organization=%FF",
                Code::WrongShape,
                "organization",
                "UTF-8",
            ),
            (
                "secret_thing=1",
                Code::WrongShape,
                "secret_thing",
                "unknown",
            ),
            ("secret%20thing=1", Code::WrongShape, "", "unknown"),
        ] {
            let (found, parameter, text) = read(query).unwrap_err();
            assert_eq!((found, parameter.as_str()), (code, name), "{query}");
            assert!(text.contains(detail), "{query}: {text}");
            assert!(!text.contains("secret"), "{query}: {text}");
        }
    }
}
