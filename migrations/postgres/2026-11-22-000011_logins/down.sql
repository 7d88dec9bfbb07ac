DROP TABLE access_signals;
DROP TABLE login_events;
DROP TABLE login_heartbeats;
DROP TABLE login_source_services;
DROP TABLE login_sources;
