//! Tokens that must be refused, and the few that must not.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::Mac;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::*;
use crate::application::secret::keyed;

/// A pair made for these tests; it opens nothing.
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIAuudA2OSmN9EsZdrqjAuttfk07HUAVxD0H68182U9Km\n\
    -----END PRIVATE KEY-----\n";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEAm6cduWU/wpvl/WsNipq+ifc2mnGHcCuBhPbkpLQ2bLc=\n\
    -----END PUBLIC KEY-----\n";
const IDP: &str = "https://login.example.org";

fn now() -> DateTime<Utc> {
    "2026-03-02T15:00:00Z".parse().unwrap()
}

fn secret() -> Secret {
    Secret::new("f3b0c44298fc1c149afbf4c8996fb924").unwrap()
}

fn tokens() -> Tokens {
    Tokens::new(DEFAULT_AUDIENCE, LONGEST_LIFETIME)
        .minting(&secret())
        .accepting(PublicKey {
            id: "idp-1".into(),
            issuer: IDP.into(),
            pem: PUBLIC.into(),
        })
        .unwrap()
}

fn claims() -> Value {
    let now = now().timestamp();
    json!({
        "iss": OWN_ISSUER, "sub": "dana", "aud": DEFAULT_AUDIENCE,
        "iat": now, "nbf": now, "exp": now + 3600,
    })
}

fn header() -> Value {
    json!({ "alg": "HS256", "typ": "JWT", "kid": OWN_KEY })
}

/// `base` with these members put in, or taken out where null.
fn with(mut base: Value, changes: Value) -> Value {
    let object = base.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            object.remove(name);
        } else {
            object.insert(name.clone(), value.clone());
        }
    }
    base
}

/// Signed with HS256 under `key`, whatever the texts say.
fn hs256(header: &str, claims: &str, key: &[u8; 32]) -> String {
    let message = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let mut mac = keyed(key);
    mac.update(message.as_bytes());
    format!(
        "{message}.{}",
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    )
}

fn own(header: &Value, claims: &Value) -> String {
    hs256(
        &header.to_string(),
        &claims.to_string(),
        &secret().derive("token"),
    )
}

fn own_claims(changes: Value) -> String {
    own(&header(), &with(claims(), changes))
}

fn own_header(changes: Value) -> String {
    own(&with(header(), changes), &claims())
}

/// The claims as text, so that numbers JSON values cannot hold can be written.
fn own_text(member: &str) -> String {
    let now = now().timestamp();
    let text = format!(
        r#"{{"iss":"{OWN_ISSUER}","sub":"dana","aud":"{DEFAULT_AUDIENCE}","iat":{now},{member}}}"#
    );
    hs256(&header().to_string(), &text, &secret().derive("token"))
}

fn idp(changes: Value) -> String {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some("idp-1".into());
    let claims = with(with(claims(), json!({ "iss": IDP })), changes);
    let key = EncodingKey::from_ed_pem(PRIVATE.as_bytes()).unwrap();
    encode(&header, &claims, &key).unwrap()
}

#[test]
fn good_tokens_identify() {
    let tokens = tokens();
    let identity = |issuer: &str| Identity {
        issuer: issuer.into(),
        subject: "dana".into(),
    };
    let minted = tokens.mint("dana", TimeDelta::hours(1), now()).unwrap();
    for (token, issuer) in [
        (minted, OWN_ISSUER),
        (own(&header(), &claims()), OWN_ISSUER),
        (own_header(json!({ "typ": null })), OWN_ISSUER),
        (own_header(json!({ "typ": "at+jwt" })), OWN_ISSUER),
        (own_claims(json!({ "iat": null, "nbf": null })), OWN_ISSUER),
        (
            own_claims(json!({ "aud": ["other", DEFAULT_AUDIENCE] })),
            OWN_ISSUER,
        ),
        (
            own_claims(json!({ "nbf": now().timestamp() + 30 })),
            OWN_ISSUER,
        ),
        (
            own_claims(json!({ "exp": now().timestamp() - 29 })),
            OWN_ISSUER,
        ),
        (idp(json!({})), IDP),
    ] {
        assert_eq!(
            tokens.verify(&token, now()),
            Ok(identity(issuer)),
            "{token}"
        );
    }
}

#[test]
fn times_are_judged_by_the_injected_clock() {
    let tokens = tokens();
    let token = tokens.mint("dana", TimeDelta::hours(1), now()).unwrap();
    let at = |seconds| tokens.verify(&token, now() + TimeDelta::seconds(seconds));
    assert!(at(3600 + 29).is_ok());
    assert_eq!(at(3600 + 30), Err(BadToken::Expired));
    assert!(at(-30).is_ok());
    assert_eq!(at(-31), Err(BadToken::NotYet));
}

#[test]
fn times_out_of_bounds_are_named() {
    let tokens = tokens();
    let now_s = now().timestamp();
    let day = 24 * 3600;
    for (token, error) in [
        (own_claims(json!({ "exp": now_s - 30 })), BadToken::Expired),
        (own_claims(json!({ "exp": now_s - 59 })), BadToken::Expired),
        (own_claims(json!({ "exp": 0 })), BadToken::Expired),
        (own_claims(json!({ "nbf": now_s + 31 })), BadToken::NotYet),
        (own_claims(json!({ "nbf": now_s + 1800 })), BadToken::NotYet),
        (own_claims(json!({ "iat": now_s + 31 })), BadToken::NotYet),
        (
            own_claims(json!({ "exp": now_s + 91 * day })),
            BadToken::TooLong,
        ),
        (
            own_claims(json!({ "exp": now_s + 91 * day, "iat": null })),
            BadToken::TooLong,
        ),
        (
            own_claims(json!({ "exp": now_s + 60 * day, "iat": now_s - 31 * day })),
            BadToken::TooLong,
        ),
        (
            own_claims(json!({ "exp": 8_210_266_876_799_i64 })),
            BadToken::TooLong,
        ),
        (idp(json!({ "exp": now_s - 30 })), BadToken::Expired),
        (idp(json!({ "nbf": now_s + 31 })), BadToken::NotYet),
    ] {
        assert_eq!(tokens.verify(&token, now()), Err(error), "{token}");
    }
}

/// Everything else that must not pass, by what is wrong with it.
fn bad_tokens() -> Vec<(&'static str, String)> {
    let good = own(&header(), &claims());
    let key = secret().derive("token");
    let unsigned = |alg: &str| {
        format!(
            "{}.{}.",
            URL_SAFE_NO_PAD.encode(with(header(), json!({ "alg": alg })).to_string()),
            URL_SAFE_NO_PAD.encode(claims().to_string()),
        )
    };
    let mut parts = good.split('.');
    let (head, body, sign) = (
        parts.next().unwrap(),
        parts.next().unwrap(),
        parts.next().unwrap(),
    );
    let other_body = URL_SAFE_NO_PAD.encode(with(claims(), json!({ "sub": "root" })).to_string());
    let flipped = if sign.starts_with('A') { "B" } else { "A" };
    // The public key as an HMAC secret: the classic confusion of RS256 or EdDSA with HS256.
    let mut confused = jsonwebtoken::Header::new(Algorithm::HS256);
    confused.kid = Some("idp-1".into());
    let confused = encode(
        &confused,
        &with(claims(), json!({ "iss": IDP })),
        &EncodingKey::from_secret(PUBLIC.as_bytes()),
    )
    .unwrap();
    let twice = format!(
        r#"{{"iss":"{OWN_ISSUER}","sub":"dana","sub":"root","aud":"{DEFAULT_AUDIENCE}","exp":{}}}"#,
        now().timestamp() + 60
    );
    let alg_twice = format!(r#"{{"alg":"none","alg":"HS256","kid":"{OWN_KEY}"}}"#);
    vec![
        ("empty", String::new()),
        ("one part", "abc".into()),
        ("two parts", format!("{head}.{body}")),
        ("four parts", format!("{good}.x")),
        ("only dots", "..".into()),
        ("no signature", format!("{head}.{body}.")),
        ("no header", format!(".{body}.{sign}")),
        ("no claims", format!("{head}..{sign}")),
        ("trailing garbage", format!("{good}x")),
        ("trailing blank", format!("{good} ")),
        ("padded", format!("{good}=")),
        ("huge", format!("{good}{}", "A".repeat(10_000))),
        ("not ASCII", format!("{head}é.{body}.{sign}")),
        ("standard base64", good.replace('.', ".+/")),
        ("claims exchanged", format!("{head}.{other_body}.{sign}")),
        (
            "signature altered",
            format!("{head}.{body}.{flipped}{}", sign.get(1..).unwrap()),
        ),
        (
            "signature cut",
            format!("{head}.{body}.{}", sign.get(..20).unwrap()),
        ),
        ("alg none", unsigned("none")),
        ("alg None", unsigned("None")),
        ("alg NONE", unsigned("NONE")),
        ("alg empty", unsigned("")),
        ("alg HS256 unsigned", unsigned("HS256")),
        ("alg unknown", own_header(json!({ "alg": "XS256" }))),
        ("alg missing", own_header(json!({ "alg": null }))),
        ("alg as number", own_header(json!({ "alg": 256 }))),
        ("alg twice", hs256(&alg_twice, &claims().to_string(), &key)),
        (
            "RS256 over the HS256 key",
            own_header(json!({ "alg": "RS256" })),
        ),
        (
            "EdDSA over the HS256 key",
            own_header(json!({ "alg": "EdDSA" })),
        ),
        (
            "HS384 over the HS256 key",
            own_header(json!({ "alg": "HS384" })),
        ),
        ("HS256 under the public key", confused),
        (
            "own token under the provider's kid",
            own_header(json!({ "kid": "idp-1" })),
        ),
        (
            "another secret",
            hs256(&header().to_string(), &claims().to_string(), &[7; 32]),
        ),
        (
            "a zero secret",
            hs256(&header().to_string(), &claims().to_string(), &[0; 32]),
        ),
        ("kid missing", own_header(json!({ "kid": null }))),
        ("kid empty", own_header(json!({ "kid": "" }))),
        ("kid unknown", own_header(json!({ "kid": "other" }))),
        (
            "kid as path",
            own_header(json!({ "kid": "../../../../dev/null" })),
        ),
        (
            "kid as absolute path",
            own_header(json!({ "kid": "/dev/null" })),
        ),
        ("kid as SQL", own_header(json!({ "kid": "own' OR '1'='1" }))),
        (
            "kid as address",
            own_header(json!({ "kid": "https://example.org/key" })),
        ),
        ("kid as list", own_header(json!({ "kid": [OWN_KEY] }))),
        ("kid with NUL", own_header(json!({ "kid": "own\0" }))),
        (
            "jku",
            own_header(json!({ "jku": "https://example.org/jwks.json" })),
        ),
        (
            "jwk",
            own_header(json!({ "jwk": { "kty": "oct", "k": URL_SAFE_NO_PAD.encode(key) } })),
        ),
        (
            "x5u",
            own_header(json!({ "x5u": "https://example.org/cert.pem" })),
        ),
        (
            "x5c",
            own_header(json!({ "x5c": [STANDARD.encode("cert")] })),
        ),
        ("crit", own_header(json!({ "crit": ["exp"] }))),
        ("crit empty", own_header(json!({ "crit": [] }))),
        ("b64", own_header(json!({ "b64": false }))),
        ("zip", own_header(json!({ "zip": "DEF" }))),
        ("enc", own_header(json!({ "enc": "A256GCM" }))),
        ("nested", own_header(json!({ "cty": "JWT" }))),
        ("another type", own_header(json!({ "typ": "secevent+jwt" }))),
        ("header is a list", hs256("[]", &claims().to_string(), &key)),
        (
            "claims are a list",
            hs256(&header().to_string(), "[]", &key),
        ),
        (
            "claims are null",
            hs256(&header().to_string(), "null", &key),
        ),
        (
            "claims are cut",
            hs256(&header().to_string(), "{\"iss\":", &key),
        ),
        ("a claim twice", hs256(&header().to_string(), &twice, &key)),
        ("exp missing", own_claims(json!({ "exp": null }))),
        ("exp null", own_text("\"exp\":null")),
        (
            "exp as string",
            own_claims(json!({ "exp": (now().timestamp() + 60).to_string() })),
        ),
        (
            "exp as float",
            own_text(&format!("\"exp\":{}.5", now().timestamp() + 60)),
        ),
        ("exp as object", own_claims(json!({ "exp": {} }))),
        (
            "exp as list",
            own_claims(json!({ "exp": [now().timestamp() + 60] })),
        ),
        ("exp as true", own_claims(json!({ "exp": true }))),
        ("exp negative", own_claims(json!({ "exp": -1 }))),
        ("exp beyond i64", own_text("\"exp\":9223372036854775808")),
        (
            "exp at the end of i64",
            own_text("\"exp\":9223372036854775807"),
        ),
        ("exp infinite", own_text("\"exp\":1e400")),
        ("nbf as string", own_claims(json!({ "nbf": "0" }))),
        (
            "nbf as float",
            own_text(&format!("\"nbf\":0.5,\"exp\":{}", now().timestamp() + 60)),
        ),
        (
            "nbf beyond all time",
            own_claims(json!({ "nbf": i64::MAX })),
        ),
        ("iat as string", own_claims(json!({ "iat": "0" }))),
        (
            "iat before all time",
            own_claims(json!({ "iat": i64::MIN })),
        ),
        ("aud missing", own_claims(json!({ "aud": null }))),
        ("aud of another", own_claims(json!({ "aud": "other" }))),
        ("aud empty", own_claims(json!({ "aud": "" }))),
        (
            "aud in another case",
            own_claims(json!({ "aud": "HMIS-licensing" })),
        ),
        (
            "aud list of others",
            own_claims(json!({ "aud": ["other", "another"] })),
        ),
        ("aud list empty", own_claims(json!({ "aud": [] }))),
        (
            "aud as object",
            own_claims(json!({ "aud": { "0": DEFAULT_AUDIENCE } })),
        ),
        (
            "aud list with a number",
            own_claims(json!({ "aud": [1, DEFAULT_AUDIENCE] })),
        ),
        ("iss missing", own_claims(json!({ "iss": null }))),
        (
            "iss of another",
            own_claims(json!({ "iss": "https://evil.example" })),
        ),
        (
            "iss of the provider under our key",
            own_claims(json!({ "iss": IDP })),
        ),
        ("iss as list", own_claims(json!({ "iss": [OWN_ISSUER] }))),
        (
            "our iss under the provider's key",
            idp(json!({ "iss": OWN_ISSUER })),
        ),
        (
            "provider's token for another",
            idp(json!({ "aud": "other" })),
        ),
        ("sub missing", own_claims(json!({ "sub": null }))),
        ("sub empty", own_claims(json!({ "sub": "" }))),
        ("sub as number", own_claims(json!({ "sub": 1 }))),
        ("sub with NUL", own_claims(json!({ "sub": "dana\0" }))),
        (
            "sub with line end",
            own_claims(json!({ "sub": "dana\nroot" })),
        ),
        (
            "sub too long",
            own_claims(json!({ "sub": "d".repeat(256) })),
        ),
    ]
}

#[test]
fn bad_tokens_are_refused_alike() {
    let tokens = tokens();
    let table = bad_tokens();
    assert!(table.len() >= 50);
    for (name, token) in table {
        assert_eq!(
            tokens.verify(&token, now()),
            Err(BadToken::NotAccepted),
            "{name}"
        );
    }
}

#[test]
fn a_service_with_public_keys_only_neither_mints_nor_takes_hs256() {
    let tokens = Tokens::new(DEFAULT_AUDIENCE, LONGEST_LIFETIME)
        .accepting(PublicKey {
            id: "idp-1".into(),
            issuer: IDP.into(),
            pem: PUBLIC.into(),
        })
        .unwrap();
    assert!(tokens.verify(&idp(json!({})), now()).is_ok());
    assert_eq!(
        tokens.verify(&own(&header(), &claims()), now()),
        Err(BadToken::NotAccepted)
    );
    assert_eq!(
        tokens.mint("dana", TimeDelta::hours(1), now()),
        Err(KeyError::NoMinting)
    );
}

#[test]
fn keys_are_checked_when_they_are_configured() {
    let key = |id: &str, issuer: &str, pem: &str| PublicKey {
        id: id.into(),
        issuer: issuer.into(),
        pem: pem.into(),
    };
    let refused = |key| tokens().accepting(key).unwrap_err();
    assert_eq!(
        refused(key("idp-1", IDP, PUBLIC)),
        KeyError::TakenId("idp-1".into())
    );
    assert_eq!(
        refused(key(OWN_KEY, IDP, PUBLIC)),
        KeyError::TakenId(OWN_KEY.into())
    );
    assert_eq!(
        refused(key("idp-2", OWN_ISSUER, PUBLIC)),
        KeyError::TakenId("idp-2".into())
    );
    for pem in ["", "nonsense", PRIVATE] {
        assert_eq!(
            refused(key("idp-2", IDP, pem)),
            KeyError::NotEd25519("idp-2".into())
        );
    }
}

#[test]
fn a_token_is_minted_within_the_longest_lifetime_only() {
    let mint = |lifetime| tokens().mint("dana", lifetime, now());
    assert!(mint(LONGEST_LIFETIME).is_ok());
    for lifetime in [
        TimeDelta::zero(),
        TimeDelta::hours(-1),
        LONGEST_LIFETIME + TimeDelta::seconds(1),
    ] {
        assert_eq!(mint(lifetime), Err(KeyError::Lifetime(90 * 24)));
    }
}
