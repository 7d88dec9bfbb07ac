//! Lists: filters, `limit` and `cursor` in, a page out.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::LINK;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use super::caller::caller_of;
use super::query;
use crate::application::page::{Paging, Slice};
use crate::application::{Caller, Error};
use crate::http::State;
use crate::http::cursor::Binding;
use crate::http::problem::{Code, Problem};

/// Entries per page unless asked otherwise.
const DEFAULT_LIMIT: u16 = 50;

/// The parameters of every list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams, Validate)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListParameters {
    /// The most entries to return at once.
    #[validate(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50, example = 50)]
    limit: Option<u16>,
    /// Where to go on: the `next_cursor` of the page before, with the same filters and by the same caller.
    #[validate(length(min = 1, max = 128))]
    #[param(min_length = 1, max_length = 128)]
    cursor: Option<String>,
}

/// What a caller asks of a list: filters of type `F` (which must refuse unknown parameters) and a page.
#[derive(Debug)]
pub struct List<F> {
    pub filter: F,
    /// Where the page begins and how long it is.
    pub paging: Paging,
    /// Whoever asks.
    pub caller: Caller,
    path: String,
    filters: Vec<(String, String)>,
    state: web::Data<State>,
}

impl<F: DeserializeOwned + Validate> FromRequest for List<F> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request))
    }
}

impl<F: DeserializeOwned + Validate> List<F> {
    fn read(request: &HttpRequest) -> Result<Self, Problem> {
        let caller = caller_of(request)?;
        let state = request
            .app_data::<web::Data<State>>()
            .ok_or_else(|| Problem::of(Code::Internal))?
            .clone();
        let (own, mut filters): (Vec<_>, Vec<_>) = query::pairs(request)?
            .into_iter()
            .partition(|(name, _)| matches!(name.as_str(), "limit" | "cursor"));
        let parameters: ListParameters = query::typed(&own)?;
        let filter = query::typed(&filters)?;
        filters.sort();
        let path = request.uri().path().to_owned();
        let binding = Binding {
            caller: &caller,
            path: &path,
            filters: &filters,
        };
        let after = parameters
            .cursor
            .map(|cursor| state.cursors.open(&cursor, &binding))
            .transpose()
            .map_err(|_| Error::BadCursor)?;
        Ok(Self {
            filter,
            paging: Paging {
                after,
                limit: parameters.limit.unwrap_or(DEFAULT_LIMIT),
            },
            caller,
            path,
            filters,
            state,
        })
    }
}

impl<F> List<F> {
    /// The answer with one page.
    pub fn respond<T, R: Serialize + ToSchema>(
        &self,
        slice: &Slice<T>,
        entry: impl Fn(&T) -> R,
    ) -> HttpResponse {
        let next_cursor = slice.next.map(|last| self.seal(last));
        let mut response = HttpResponse::Ok();
        if let Some(cursor) = &next_cursor {
            response.insert_header((LINK, self.next(cursor)));
        }
        response.json(ListResponse {
            data: slice.rows.iter().map(entry).collect(),
            page: PageDetails {
                has_more: next_cursor.is_some(),
                next_cursor,
            },
        })
    }

    fn seal(&self, last: Uuid) -> String {
        let binding = Binding {
            caller: &self.caller,
            path: &self.path,
            filters: &self.filters,
        };
        self.state.cursors.seal(last, &binding)
    }

    /// The `Link` header to the next page (RFC 8288).
    fn next(&self, cursor: &str) -> String {
        let mut query = String::new();
        for (name, value) in &self.filters {
            query.extend([&encode(name), "=", &encode(value), "&"]);
        }
        format!(
            "<{}?{query}limit={}&cursor={cursor}>; rel=\"next\"",
            self.path, self.paging.limit
        )
    }
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
fn encode(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListResponse<T: ToSchema> {
    /// The entries, in a fixed order that ends in the id.
    #[schema(max_items = 200)]
    pub data: Vec<T>,
    pub page: PageDetails,
}

/// Whether and how a list goes on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Page)]
pub struct PageDetails {
    /// Send it as `cursor` to get the next page. Absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Whether there are more entries now.
    pub has_more: bool,
}
