package org.litestream4j.sqlite;

/**
 * The bytes that SQLite locks, which say who uses a database and for what. Source:
 * SQLite's os.h and wal.c.
 */
public final class LockBytes {

	/*-
	 * Database file, from 1 GiB on:    0  pending | 1  reserved | 2 to 511  shared
	 * -shm: 120  write | 121  checkpoint | 122  recover | 123 to 127  read marks
	 *       128  in use, shared by every process that has the WAL open (DMS)
	 */

	/** The first of the bytes in the database file. */
	public static final long FIRST = 0x4000_0000L;

	/** How many bytes of the database file can be locked. */
	public static final long SIZE = 512;

	/** The first byte of the shared lock, which every connection in WAL mode holds. */
	public static final long SHARED_FIRST = FIRST + 2;

	/** How many bytes the shared lock has. */
	public static final long SHARED_SIZE = SIZE - 2;

	/** The byte of the {@code -shm} that whoever checkpoints locks. */
	public static final long SHM_CHECKPOINT = 121;

	/** The first byte of the {@code -shm} that readers lock, one for each read mark. */
	public static final long SHM_READ_FIRST = 123;

	/** The last of them. */
	public static final long SHM_READ_LAST = 127;

	/** The byte of the {@code -shm} that every process with an open WAL locks. */
	public static final long SHM_IN_USE = 128;

	private LockBytes() {
	}

}
