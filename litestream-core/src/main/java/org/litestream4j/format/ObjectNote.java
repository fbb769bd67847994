package org.litestream4j.format;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

/**
 * What an object says of itself before its content, in an LZ4 frame that every reader
 * skips, Litestream v0.3.13 included. It stays with the object wherever that is copied,
 * which times of files do not. Objects of other writers have none.
 *
 * @param committedAt when the newest commit in the object was seen, or null
 * @param offset of a snapshot: how much of its own WAL index it holds, in bytes from the
 * start of that WAL, or null
 */
public record ObjectNote(@Nullable Instant committedAt, @Nullable Long offset) {

	/*-
	 * Little-endian:
	 *    0  magic number                  0x184d2a5e: an LZ4 frame to be skipped
	 *    4  bytes that follow             36
	 *    8  "litestream4j"
	 *   20  seconds, nanoseconds          8 and 4 bytes; of committedAt; nanoseconds -1: none
	 *   32  offset                        8 bytes; -1: none
	 *   40  zero                          4 bytes
	 */

	/** Bytes in a note. */
	public static final int SIZE = 44;

	private static final int MAGIC = 0x184d2a5e;

	private static final byte[] NAME = { 'l', 'i', 't', 'e', 's', 't', 'r', 'e', 'a', 'm', '4', 'j' };

	/** Writes the note; the LZ4 frame follows. */
	public void writeTo(OutputStream out) throws IOException {
		ByteBuffer note = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
		note.putInt(MAGIC).putInt(SIZE - 8).put(NAME);
		note.putLong((this.committedAt != null) ? this.committedAt.getEpochSecond() : 0);
		note.putInt((this.committedAt != null) ? this.committedAt.getNano() : -1);
		note.putLong((this.offset != null) ? this.offset : -1);
		out.write(note.array());
	}

	/**
	 * Reads an object's note, if it has one.
	 * @param stored is behind the note afterwards, or where it was; needs room for
	 * {@link #SIZE} bytes to be pushed back
	 */
	public static Optional<ObjectNote> read(PushbackInputStream stored) throws IOException {
		byte[] bytes = stored.readNBytes(SIZE);
		Optional<ObjectNote> note = parse(bytes);
		if (note.isEmpty()) {
			stored.unread(bytes);
		}
		return note;
	}

	/** Reads the note that a stream of an object begins with, if it does. */
	public static Optional<ObjectNote> peek(InputStream stored) throws IOException {
		return parse(stored.readNBytes(SIZE));
	}

	private static Optional<ObjectNote> parse(byte[] bytes) {
		if (bytes.length < SIZE) {
			return Optional.empty();
		}
		ByteBuffer note = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
		byte[] name = new byte[NAME.length];
		boolean ours = note.getInt() == MAGIC && note.getInt() == SIZE - 8;
		note.get(name);
		if (!ours || !Arrays.equals(name, NAME)) {
			return Optional.empty();
		}
		long seconds = note.getLong();
		int nanos = note.getInt();
		long offset = note.getLong();
		try {
			return Optional.of(new ObjectNote((nanos >= 0) ? Instant.ofEpochSecond(seconds, nanos) : null,
					(offset >= 0) ? (Long) offset : null));
		}
		catch (DateTimeException ex) {
			return Optional.empty(); // no time: no note of ours
		}
	}

}
