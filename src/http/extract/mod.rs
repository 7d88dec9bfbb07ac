//! Reading requests strictly: every extractor refuses with a [`Problem`](crate::http::problem::Problem) that says where the fault
//! lies and what to change, and never repeats what was sent.

mod caller;
mod feed;
mod json;
mod list;
mod path;
mod precondition;
mod query;
mod shape;
mod tree;

pub use caller::RequestId;
pub use feed::{Feed, Lines};
pub use json::{Json, VersionedJson};
pub use list::{List, ListParameters, ListResponse, PageDetails};
pub use path::{Id, Name, Number};
pub use precondition::IfNoneMatch;
pub use query::Query;
