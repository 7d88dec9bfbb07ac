DROP INDEX licenses_running;
DROP TABLE kept_seats;
DROP TABLE waitlist_entries;
DROP TABLE waitlists;
