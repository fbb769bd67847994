package org.litestream4j.restore;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.replica.ArchivedObjectException;
import org.litestream4j.restore.RestoreException.Kind;

/**
 * The bytes of a snapshot, decompressed, in chunks. Not thread-safe.
 */
final class SnapshotSource implements Closeable {

	/** Bytes in a chunk: a multiple of all page sizes. */
	static final int CHUNK = 1 << 20;

	private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);

	private static final int SMALLEST_DATABASE = 512;

	private final Snapshot snapshot;

	private final ReplicaListing listing;

	private final InputStream stored;

	private final InputStream in;

	/** The first chunk, which has the database's header; null once it was taken. */
	private byte @Nullable [] first;

	private final int firstLength;

	private final int pageSize;

	private final Optional<ObjectNote> note;

	/**
	 * Opens a snapshot and looks at the database's header.
	 * @param listing says what else can be restored if it is damaged
	 * @param stored the snapshot as stored; closed with the source
	 * @throws UnusableSnapshotException if it is damaged
	 */
	SnapshotSource(Snapshot snapshot, ReplicaListing listing, InputStream stored) throws IOException {
		this.snapshot = snapshot;
		this.listing = listing;
		this.stored = stored;
		byte[] chunk = new byte[CHUNK];
		PushbackInputStream begin = new PushbackInputStream(stored, ObjectNote.SIZE);
		this.note = readNote(begin);
		this.in = new ObjectDecoder().decode(begin);
		this.firstLength = readFully(chunk);
		this.pageSize = pageSize(chunk, this.firstLength);
		this.first = chunk;
	}

	private Optional<ObjectNote> readNote(PushbackInputStream begin) throws IOException {
		try {
			Encrypted.refuse(this.snapshot.objectName(), begin);
			return ObjectNote.read(begin);
		}
		catch (FetchException | ObjectGoneException | RestoreException ex) {
			throw ex;
		}
		catch (IOException ex) {
			throw unusable(ex);
		}
	}

	/**
	 * How much of the WAL of its own index the snapshot holds, in bytes from that WAL's
	 * start; empty if its writer did not say.
	 */
	Optional<Long> heldOffset() {
		return this.note.map(ObjectNote::offset);
	}

	/* Database header: 0 "SQLite format 3\0" | 16 page size, big-endian, 1 means 65536 */
	private int pageSize(byte[] chunk, int length) throws RestoreException {
		if (length == 0) {
			throw damaged("it is empty");
		}
		if (length < SMALLEST_DATABASE || !Arrays.equals(chunk, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
			throw damaged("it is no SQLite database");
		}
		int size = ((chunk[16] & 0xff) << 8) | (chunk[17] & 0xff);
		return (size == 1) ? 65536 : size;
	}

	/** The database's page size in bytes. */
	int pageSize() {
		return this.pageSize;
	}

	/**
	 * Reads the next chunk.
	 * @param chunk of {@link #CHUNK} bytes
	 * @return how many bytes it got: fewer than all at the end, 0 behind it
	 * @throws UnusableSnapshotException if it is damaged
	 */
	int read(byte[] chunk) throws IOException {
		byte[] begun = this.first;
		if (begun == null) {
			return readFully(chunk);
		}
		this.first = null;
		System.arraycopy(begun, 0, chunk, 0, this.firstLength);
		return this.firstLength;
	}

	private int readFully(byte[] chunk) throws IOException {
		try {
			return this.in.readNBytes(chunk, 0, chunk.length);
		}
		catch (FetchException | ObjectGoneException | RestoreException ex) {
			throw ex;
		}
		catch (IOException ex) {
			throw unusable(ex);
		}
	}

	private RestoreException unusable(IOException failure) {
		String what = (failure instanceof ArchivedObjectException) ? "cannot be read" : "is damaged";
		return unusable(what, String.valueOf(failure.getMessage()), failure);
	}

	private RestoreException damaged(String reason) {
		return unusable("is damaged", reason, null);
	}

	private RestoreException unusable(String what, String reason, @Nullable Throwable cause) {
		WalPosition end = new WalPosition(this.snapshot.generation(), Integer.MAX_VALUE, WalPosition.MAX_OFFSET);
		String message = "The snapshot %s %s (%s): %s".formatted(this.snapshot.objectName(), what, reason,
				this.listing.describeRest(end, this.snapshot::equals));
		return new UnusableSnapshotException(Kind.DAMAGED, this.snapshot, message, cause);
	}

	@Override
	public void close() throws IOException {
		this.stored.close();
	}

}
