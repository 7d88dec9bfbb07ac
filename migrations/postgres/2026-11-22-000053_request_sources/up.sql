-- By which way of the policy a request was made, as JSON text: it says whether somebody must confirm it.
ALTER TABLE license_requests ADD COLUMN source text;
