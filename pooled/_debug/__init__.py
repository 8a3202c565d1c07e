"""Debug mode: records where objects are taken, and warns about objects that change while they are parked."""
