package org.litestream4j.format.v03;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreException;
import org.litestream4j.format.ObjectCodec;
import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.restore.FetchException;
import org.litestream4j.restore.ObjectGoneException;
import org.litestream4j.restore.SnapshotContent;
import org.litestream4j.restore.UnusableSnapshotException;
import org.litestream4j.sqlite.DatabaseHeader;
import org.litestream4j.sqlite.NotADatabaseException;
import org.litestream4j.store.ArchivedObjectException;

/**
 * The bytes of a snapshot, decompressed, in chunks. Not thread-safe.
 */
final class SnapshotSource implements SnapshotContent {

	private final Snapshot snapshot;

	private final ReplicaListing listing;

	private final InputStream stored;

	private final InputStream in;

	/** The first chunk, which has the database's header; null once it was taken. */
	private byte @Nullable [] first;

	private final int firstLength;

	private final int pageSize;

	private final ObjectCodec.Decoder decoder;

	/**
	 * Opens a snapshot and looks at the database's header.
	 * @param listing says what else can be restored if it is damaged
	 * @param codec decodes it
	 * @param stored the snapshot as stored; closed with the source
	 * @throws UnusableSnapshotException if it is damaged
	 */
	SnapshotSource(Snapshot snapshot, ReplicaListing listing, ObjectCodec codec, InputStream stored)
			throws IOException {
		this.snapshot = snapshot;
		this.listing = listing;
		this.stored = stored;
		byte[] chunk = new byte[CHUNK];
		this.decoder = codec.decoder();
		this.in = begin(new PushbackInputStream(stored, Encrypted.LOOK));
		this.firstLength = readFully(chunk);
		this.pageSize = pageSize(chunk, this.firstLength);
		this.first = chunk;
	}

	private InputStream begin(PushbackInputStream begin) throws IOException {
		try {
			Encrypted.refuse(ReplicaLayout.nameOf(this.snapshot), begin);
			return this.decoder.decode(begin);
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
		return Optional.ofNullable(this.decoder.note()).map(ObjectNote::offset);
	}

	private int pageSize(byte[] chunk, int length) throws RestoreException {
		try {
			DatabaseHeader header = DatabaseHeader.parse(chunk, length, "it");
			if (length < DatabaseHeader.SMALLEST_PAGE) {
				throw damaged("it ends within its first page");
			}
			return header.pageSize();
		}
		catch (NotADatabaseException ex) {
			throw damaged(String.valueOf(ex.getMessage()));
		}
	}

	@Override
	public int pageSize() {
		return this.pageSize;
	}

	@Override
	public int read(byte[] chunk) throws IOException {
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
		String message = "The snapshot %s %s (%s): %s".formatted(ReplicaLayout.nameOf(this.snapshot), what, reason,
				this.listing.describeRest(end, this.snapshot::equals));
		return new UnusableSnapshotException(Kind.DAMAGED, V03Replica.object(this.snapshot), message, cause);
	}

	@Override
	public void close() throws IOException {
		this.stored.close();
	}

}
