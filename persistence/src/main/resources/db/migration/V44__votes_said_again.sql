-- What somebody says in a chat and its enclave does not count, may be said again, and be heard by then.
GRANT UPDATE (enclave_id, command_number, at) ON control.channel_vote TO redoubt_control;
