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
import java.util.HexFormat;
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
 * @param run the random name of the run that wrote it: sixteen lower-case hexadecimal
 * digits; null where a run did not say
 * @param epoch in which that run owned the replica; 0 if nobody was kept out of it
 */
public record ObjectNote(@Nullable Instant committedAt, @Nullable Long offset, @Nullable String run, long epoch) {

	/*-
	 * Little-endian:
	 *    0  magic number                  0x184d2a5e: an LZ4 frame to be skipped
	 *    4  bytes that follow             36, or 52 with a run
	 *    8  "litestream4j"
	 *   20  seconds, nanoseconds          8 and 4 bytes; of committedAt; nanoseconds -1: none
	 *   32  offset                        8 bytes; -1: none
	 *   40  zero                          4 bytes
	 *   44  run                           8 bytes: the number that its name is
	 *   52  epoch                         8 bytes
	 */

	/** Bytes in a note without a run. */
	private static final int SHORT = 44;

	/** Bytes in the longest note. */
	public static final int LONGEST = 60;

	private static final int MAGIC = 0x184d2a5e;

	private static final byte[] NAME = { 'l', 'i', 't', 'e', 's', 't', 'r', 'e', 'a', 'm', '4', 'j' };

	/**
	 * Creates a note that names no run.
	 * @param committedAt when the newest commit in the object was seen, or null
	 * @param offset of a snapshot: how much of its own WAL index it holds, or null
	 */
	public ObjectNote(@Nullable Instant committedAt, @Nullable Long offset) {
		this(committedAt, offset, null, 0);
	}

	/**
	 * {@return this note, of an object of a replica that has one writer at a time}
	 * @param writer who stores it
	 */
	public ObjectNote by(Writer writer) {
		return new ObjectNote(this.committedAt, this.offset, writer.runId(), writer.epoch());
	}

	/**
	 * {@return this note, of an object of a replica that anybody may write to}
	 * @param runId the run's random name: sixteen lower-case hexadecimal digits
	 */
	public ObjectNote by(String runId) {
		return new ObjectNote(this.committedAt, this.offset, new Writer(runId, 1).runId(), 0);
	}

	/**
	 * {@return who stored the object, if it was kept from replacing another one}
	 */
	public Optional<Writer> writer() {
		return (this.run != null && this.epoch > 0) ? Optional.of(new Writer(this.run, this.epoch)) : Optional.empty();
	}

	/**
	 * Writes the note; the LZ4 frame follows.
	 * @param out where it goes
	 * @throws IOException if it cannot be written
	 */
	public void writeTo(OutputStream out) throws IOException {
		String named = this.run;
		int size = (named != null) ? LONGEST : SHORT;
		ByteBuffer note = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
		note.putInt(MAGIC).putInt(size - 8).put(NAME);
		note.putLong((this.committedAt != null) ? this.committedAt.getEpochSecond() : 0);
		note.putInt((this.committedAt != null) ? this.committedAt.getNano() : -1);
		note.putLong((this.offset != null) ? this.offset : -1);
		if (named != null) {
			note.putInt(0).putLong(Long.parseUnsignedLong(named, 16)).putLong(this.epoch);
		}
		out.write(note.array());
	}

	/**
	 * Reads an object's note, if it has one.
	 * @param stored is after the note afterwards, or where it was; needs room for
	 * {@link #LONGEST} bytes to be pushed back
	 * @return the note; empty if the object begins with something else
	 * @throws IOException if the object cannot be read
	 */
	public static Optional<ObjectNote> read(PushbackInputStream stored) throws IOException {
		byte[] bytes = stored.readNBytes(LONGEST);
		Optional<ObjectNote> note = parse(bytes);
		int size = note.map(ObjectNote::size).orElse(0);
		stored.unread(bytes, size, bytes.length - size);
		return note;
	}

	/**
	 * Reads the note that a stream of an object begins with, if it does.
	 * @param stored the object from its beginning
	 * @return the note; empty if the object begins with something else
	 * @throws IOException if the object cannot be read
	 */
	public static Optional<ObjectNote> peek(InputStream stored) throws IOException {
		return parse(stored.readNBytes(LONGEST));
	}

	private int size() {
		return (this.run != null) ? LONGEST : SHORT;
	}

	private static Optional<ObjectNote> parse(byte[] bytes) {
		if (bytes.length < SHORT) {
			return Optional.empty();
		}
		ByteBuffer note = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
		int magic = note.getInt();
		int size = note.getInt() + 8;
		byte[] name = new byte[NAME.length];
		note.get(name);
		boolean ours = magic == MAGIC && (size == SHORT || size == LONGEST) && bytes.length >= size;
		return (ours && Arrays.equals(name, NAME)) ? parse(note, size) : Optional.empty();
	}

	private static Optional<ObjectNote> parse(ByteBuffer note, int size) {
		long seconds = note.getLong();
		int nanos = note.getInt();
		long offset = note.getLong();
		note.getInt();
		String run = (size == LONGEST) ? HexFormat.of().toHexDigits(note.getLong()) : null;
		long epoch = (size == LONGEST) ? note.getLong() : 0;
		try {
			return Optional.of(new ObjectNote((nanos >= 0) ? Instant.ofEpochSecond(seconds, nanos) : null,
					(offset >= 0) ? (Long) offset : null, run, epoch));
		}
		catch (DateTimeException ex) {
			return Optional.empty(); // no time: no note of ours
		}
	}

}
