-- v0 -> v1: Latest schema

-- The version of each table is this file's. Every table is WITHOUT ROWID where the order of
-- its rows would say something about people.
