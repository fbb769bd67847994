package org.litestream4j.format.v03;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;

import org.litestream4j.format.Generation;
import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.replication.FencedException;
import org.litestream4j.sqlite.DatabaseHeader;
import org.litestream4j.sqlite.WalChecksum;
import org.litestream4j.sqlite.WalHeader;

/**
 * Stores what adds nothing to a log, and keeps others from adding to it: an empty segment
 * at the end of an index, or a WAL's header without frames as an index of its own. The
 * same headers bridge indexes that nobody has written, as no reader goes on behind a
 * missing one.
 */
final class FenceWriter {

	private static final SecureRandom RANDOM = new SecureRandom();

	/** Bytes of a snapshot that are enough to tell the page size. */
	private static final int BEGINNING = 512;

	private final V03Replica client;

	FenceWriter(V03Replica client) {
		this.client = client;
	}

	/**
	 * Stores a fence.
	 * @param at at offset 0 a header, else an empty segment
	 * @param note what it says of itself; with a writer nothing is replaced
	 * @throws FencedException if another object is there, and a writer is named
	 */
	WalSegment put(WalPosition at, ObjectNote note) throws IOException {
		return put(at, note, (at.offset() == 0) ? header(pageSize(at.generation(), at.index())) : new byte[0]);
	}

	/**
	 * Stores headers for indexes that nobody writes.
	 * @param from the first one
	 * @param to the one after the last one
	 */
	void bridge(Generation generation, int from, int to, ObjectNote note) throws IOException {
		if (from < to) {
			int pageSize = pageSize(generation, from);
			for (int index = from; index < to; index++) {
				put(new WalPosition(generation, index, 0), note, header(pageSize));
			}
		}
	}

	private WalSegment put(WalPosition at, ObjectNote note, byte[] content) throws IOException {
		return this.client.writeWalSegment(at, note, (out) -> {
			try (OutputStream encoded = this.client.codec().encode(out, note, content.length)) {
				encoded.write(content);
			}
		});
	}

	/**
	 * The header of a WAL that no other one continues. Each has salts of its own, so that
	 * no frame is ever taken for one of it.
	 */
	private static byte[] header(int pageSize) {
		byte[] header = new WalHeader(false, pageSize, 0, RANDOM.nextLong(), 0).toBytes();
		ByteBuffer.wrap(header)
			.putLong(WalHeader.SIZE - 8, WalChecksum.update(false, 0, header, 0, WalHeader.SIZE - 8));
		return header;
	}

	/**
	 * The page size of a generation's database, from the index before one, or from its
	 * newest snapshot: the same for all of a generation.
	 */
	private int pageSize(Generation generation, int index) throws IOException {
		if (index > 0) {
			try {
				return pageSizeOf(new WalSegment(generation, index - 1, 0, -1, Instant.EPOCH));
			}
			catch (NoSuchFileException ex) {
				// nothing is there, or only a snapshot of the next index
			}
		}
		List<Snapshot> snapshots = this.client.snapshots(generation);
		if (snapshots.isEmpty()) {
			return pageSizeOfAny(generation);
		}
		try (InputStream stored = this.client.openSnapshot(snapshots.get(snapshots.size() - 1))) {
			byte[] beginning = this.client.codec().decoder().decode(stored).readNBytes(BEGINNING);
			return DatabaseHeader.parse(beginning, beginning.length, "the snapshot").pageSize();
		}
	}

	private int pageSizeOfAny(Generation generation) throws IOException {
		WalSegment[] begins = new WalSegment[1];
		this.client.visitWalSegments(generation, (segment) -> {
			if (segment.offset() == 0) {
				begins[0] = segment;
			}
		});
		if (begins[0] == null) {
			throw new IOException("generation %s has no beginning of a WAL".formatted(generation));
		}
		return pageSizeOf(begins[0]);
	}

	private int pageSizeOf(WalSegment begins) throws IOException {
		try (InputStream stored = this.client.openWalSegment(begins)) {
			byte[] header = this.client.codec().decoder().decode(stored).readNBytes(WalHeader.SIZE);
			return WalHeader.parse(header, ReplicaLayout.nameOf(begins)).pageSize();
		}
	}

}
