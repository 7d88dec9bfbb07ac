//! A JSON text as a tree, read more strictly than serde_json does: a member named twice is refused instead of one of
//! them winning silently, and nesting is bounded.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::application::Fault;
use crate::http::problem::{Code, Problem};

/// The deepest nesting of a body.
const DEEPEST: usize = 32;

/// Reads one JSON text.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let reason = Cell::new("The body is not a JSON text in UTF-8.");
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let node = Node {
        depth: 0,
        reason: &reason,
    };
    node.deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|_| Problem::new(Code::BrokenJson, reason.get()))
}

#[derive(Clone, Copy)]
struct Node<'a> {
    depth: usize,
    /// Why the reading stopped, if it was not serde_json that stopped it.
    reason: &'a Cell<&'static str>,
}

impl Node<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth == DEEPEST {
            return Err(self.stop("The body is nested deeper than 32 levels."));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }

    fn stop<E: Error>(self, reason: &'static str) -> E {
        self.reason.set(reason);
        E::custom(reason)
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| self.stop("A number is out of range."))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let node = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(node)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let node = self.deeper()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(self.stop("An object names the same member twice."));
            }
            let value = members.next_value_seed(node)?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

/// Members of this name hold merge patches (RFC 7396), in which `null` removes.
const PATCHES: &str = "changes";

/// What JSON allows and this service does not: NUL characters, which PostgreSQL cannot store, and `null` where a
/// member is to be left out instead.
pub(super) fn faults(value: &Value, nulls_allowed: bool) -> Vec<Fault> {
    let mut found = Vec::new();
    look(value, "", nulls_allowed, &mut found);
    found
}

fn look(value: &Value, pointer: &str, nulls_allowed: bool, found: &mut Vec<Fault>) {
    match value {
        Value::Null if !nulls_allowed => {
            found.push(Fault::at(pointer, "must not be null; leave the member out"));
        }
        Value::String(text) if text.contains('\0') => {
            found.push(Fault::at(pointer, "must not contain a NUL character"));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                look(item, &format!("{pointer}/{index}"), nulls_allowed, found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                if name.contains('\0') {
                    found.push(Fault::at(pointer, "a member name contains a NUL character"));
                } else {
                    let nulls_allowed = nulls_allowed || name == PATCHES;
                    look(member, &join(pointer, name), nulls_allowed, found);
                }
            }
        }
        _ => {}
    }
}

/// The pointer to a member. A name that is no plain identifier is not repeated: the pointer then stays at the object.
pub(super) fn join(pointer: &str, name: &str) -> String {
    let plain = (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte));
    if plain {
        format!("{pointer}/{name}")
    } else {
        pointer.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn detail(bytes: &[u8]) -> String {
        let problem = parse(bytes).unwrap_err();
        assert_eq!(problem.code, Code::BrokenJson);
        problem.to_string()
    }

    #[test]
    fn reads_what_serde_json_reads() {
        let text = br#"{"a":[1,-2,3.5,true,null,"\u00e9\ud83d\ude00"],"b":{}}"#;
        assert_eq!(
            parse(text).unwrap(),
            serde_json::from_slice::<Value>(text).unwrap()
        );
        assert_eq!(parse(b"\xEF\xBB\xBF{}").unwrap(), json!({}));
    }

    #[test]
    fn refuses_what_is_broken() {
        assert!(detail(br#"{"a":1,"a":2}"#).contains("twice"));
        assert!(detail(br#"{"b":{"a":1,"\u0061":2}}"#).contains("twice"));
        let deep = [vec![b'['; 200], vec![b']'; 200]].concat();
        assert!(detail(&deep).contains("32 levels"));
        for broken in [
            &b"{"[..],
            b"",
            b"{} {}",
            b"{'a':1}",
            b"{\"a\":1,}",
            b"{\"a\":1e400}",
            b"{\"a\":NaN}",
            b"{\"a\":\"\\ud800\"}",
            b"{\"a\":\"\xff\"}",
            b"{\"a\":\"\n\"}",
        ] {
            assert!(
                detail(broken).contains("JSON"),
                "{}",
                String::from_utf8_lossy(broken)
            );
        }
    }

    #[test]
    fn the_deepest_body_is_read() {
        let deep = [vec![b'['; DEEPEST], vec![b']'; DEEPEST]].concat();
        assert!(parse(&deep).is_ok());
    }

    #[test]
    fn nul_and_null_are_pointed_at() {
        let value = json!({"a": ["ok", "x\0"], "b": null, "c\0": 1});
        let places: Vec<_> = faults(&value, false)
            .into_iter()
            .map(|fault| fault.place)
            .collect();
        let at = |pointer: &str| crate::application::Place::Pointer(pointer.into());
        assert_eq!(places, [at("/a/1"), at("/b"), at("")]);
        assert_eq!(faults(&json!({ "b": null }), true), []);
        let patch = json!({"overrides": [{"group": "north", "changes": {"a": {"b": null}}}]});
        assert_eq!(faults(&patch, false), []);
    }

    #[test]
    fn odd_member_names_are_not_repeated() {
        assert_eq!(join("/a", "name"), "/a/name");
        assert_eq!(join("/a", "Jane Doe <jane@example.org>"), "/a");
        assert_eq!(join("", &"x".repeat(65)), "");
    }
}
