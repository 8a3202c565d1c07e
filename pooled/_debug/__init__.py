"""Debug mode: records where objects are taken, and warns of objects that change while they are parked."""
