package org.litestream4j.format.v03;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.format.Generation;
import org.litestream4j.format.ObjectCodec;
import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.history.PointReader;
import org.litestream4j.restore.FetchException;
import org.litestream4j.restore.ObjectFetcher;
import org.litestream4j.restore.ObjectGoneException;
import org.litestream4j.restore.ObjectPrefetcher;
import org.litestream4j.restore.RestoreMeter;
import org.litestream4j.restore.RestoreReading;
import org.litestream4j.restore.RestoreThreads;
import org.litestream4j.sqlite.CorruptWalException;
import org.litestream4j.sqlite.WalFrame;
import org.litestream4j.sqlite.WalFrameChain;
import org.litestream4j.sqlite.WalHeader;
import org.litestream4j.store.ArchivedObjectException;
import org.litestream4j.store.ObjectReader;

/**
 * Reads the frames of segments, each of which can be read by itself: how long its frames
 * are is said by the first segment of any index of its generation. Frames must continue
 * each other; whether the first one continues those of another segment is known only if
 * that was read just before. Not thread-safe.
 */
final class V03PointReader implements PointReader {

	private final V03Replica client;

	private final Iterator<WalSegment> segments;

	private final RestoreMeter meter;

	private final ObjectCodec codec;

	private final ObjectCodec.Decoder decoder;

	private final RestoreThreads fetching;

	private final ObjectPrefetcher objects;

	/** Where the segment ended that was read last. */
	@Nullable private WalPosition position;

	/** Where that segment began, in its index. */
	private long start = -1;

	/** The frames up to there; null if none was read. */
	@Nullable private WalFrameChain chain;

	/** The header of any WAL of each generation. */
	private final Map<Generation, WalHeader> layouts;

	private byte[] frame = new byte[0];

	V03PointReader(V03Replica client, Map<Generation, WalHeader> layouts, List<WalSegment> segments,
			@Nullable WalPosition from, RestoreReading reading) throws IOException {
		this.layouts = layouts;
		this.position = from;
		this.client = client;
		this.segments = segments.iterator();
		this.meter = reading.meter();
		this.codec = client.codec();
		this.decoder = this.codec.decoder();
		ObjectFetcher fetcher = new ObjectFetcher(client.store(), new ObjectReader(client.store()),
				reading.parallelism(), reading.sized());
		this.fetching = new RestoreThreads(Math.max(1, Math.min(fetcher.parallelSmall(), segments.size())));
		this.objects = new ObjectPrefetcher(segments.stream().map(V03Replica::object).iterator(), fetcher,
				this.fetching, reading.memory());
	}

	@Override
	public Content next(ChangeVisitor visitor) throws IOException {
		WalSegment segment = this.segments.next();
		Frames frames = new Frames(segment, visitor);
		try (InputStream stored = this.objects.next(this.meter)) {
			PushbackInputStream begin = new PushbackInputStream(stored, Encrypted.LOOK);
			Encrypted.refuse(ReplicaLayout.nameOf(segment), begin);
			frames.readAll(this.decoder.decode(begin));
			ObjectNote note = this.decoder.note();
			this.meter.advance(segment.size());
			Instant committedAt = (note != null) ? note.committedAt() : null;
			return new Content((committedAt != null) ? committedAt : segment.createdAt(),
					segment.start().at(frames.offset));
		}
		catch (FetchException | ObjectGoneException | RestoreException ex) {
			throw ex;
		}
		catch (IOException ex) {
			if (ex == frames.visitorFailure) {
				throw ex;
			}
			String what = (ex instanceof ArchivedObjectException) ? "cannot be read" : "is damaged";
			throw new RestoreException(Kind.DAMAGED,
					"The WAL segment %s %s (%s)".formatted(ReplicaLayout.nameOf(segment), what, ex.getMessage()), ex);
		}
	}

	/** How long pages are, and in which order their checksums are computed. */
	private WalHeader layout(WalSegment segment) throws IOException {
		WalHeader known = this.layouts.get(segment.generation());
		if (known == null) {
			known = this.client.walHeader(segment);
			this.layouts.put(segment.generation(), known);
		}
		return known;
	}

	@Override
	public void close() {
		this.objects.close();
		this.fetching.close();
	}

	/** The frames of one segment. */
	private final class Frames {

		private final WalSegment segment;

		private final ChangeVisitor visitor;

		private final String name;

		private long offset;

		@Nullable private IOException visitorFailure;

		Frames(WalSegment segment, ChangeVisitor visitor) {
			this.segment = segment;
			this.visitor = visitor;
			this.name = "WAL index " + segment.index();
			this.offset = segment.offset();
		}

		void readAll(InputStream in) throws IOException {
			WalPosition before = V03PointReader.this.position;
			boolean follows = before != null && before.generation().equals(this.segment.generation())
					&& before.index() == this.segment.index() && this.segment.offset() > V03PointReader.this.start;
			long covered = (before != null && follows) ? before.offset() : 0;
			V03PointReader.this.start = this.segment.offset();
			if (this.segment.offset() == 0) {
				if (!begin(in)) {
					return;
				}
			}
			else if (follows && covered < this.segment.offset()) {
				throw new RestoreException(Kind.DAMAGED, "The WAL segment %s is missing from the replica"
					.formatted(ReplicaLayout.segmentName(this.segment.start().at(covered))));
			}
			else if (!follows || covered > this.segment.offset()) {
				V03PointReader.this.chain = null; // its first frame says what it
													// continues
			}
			readFrames(in, covered);
			V03PointReader.this.position = this.segment.start().at(Math.max(this.offset, covered));
		}

		/** Whether there is anything. */
		private boolean begin(InputStream in) throws IOException {
			byte[] bytes = in.readNBytes(WalHeader.SIZE);
			if (bytes.length == 0) {
				return false;
			}
			WalHeader header = WalHeader.parse(bytes, this.name);
			V03PointReader.this.layouts.put(this.segment.generation(), header);
			V03PointReader.this.chain = new WalFrameChain(header);
			this.offset = WalHeader.SIZE;
			return true;
		}

		private void readFrames(InputStream in, long covered) throws IOException {
			WalHeader known = layout(this.segment);
			if (V03PointReader.this.frame.length != known.frameSize()) {
				V03PointReader.this.frame = new byte[known.frameSize()];
			}
			byte[] frame = V03PointReader.this.frame;
			boolean atCommit = true;
			int read;
			while ((read = in.readNBytes(frame, 0, frame.length)) > 0) {
				if (read < frame.length) {
					throw new CorruptWalException(
							"%s: ends within the frame at offset %d".formatted(this.name, this.offset));
				}
				verify(frame, known);
				atCommit = WalFrame.databasePages(frame, 0) != 0;
				if (this.offset >= covered) {
					show(frame);
				}
				this.offset += frame.length;
			}
			if (!atCommit) {
				throw new CorruptWalException(
						"%s: ends within a transaction, at offset %d".formatted(this.name, this.offset));
			}
		}

		private void verify(byte[] frame, WalHeader known) throws CorruptWalException {
			WalFrameChain continued = V03PointReader.this.chain;
			if (continued == null) {
				WalHeader alike = new WalHeader(known.bigEndian(), known.pageSize(), 0, WalFrame.salts(frame, 0), 0);
				V03PointReader.this.chain = new WalFrameChain(alike, WalFrame.checksum(frame, 0));
				return;
			}
			WalFrameChain.Link link = continued.follow(frame, 0);
			if (link != WalFrameChain.Link.VALID) {
				throw new CorruptWalException("%s: the frame at offset %d does not continue the WAL (%s)"
					.formatted(this.name, this.offset, link));
			}
		}

		private void show(byte[] frame) throws IOException {
			try {
				this.visitor.page(WalFrame.pageNumber(frame, 0), frame, WalFrame.HEADER_SIZE,
						frame.length - WalFrame.HEADER_SIZE);
				long pages = WalFrame.databasePages(frame, 0);
				if (pages != 0) {
					this.visitor.commit(pages, this.segment.start().at(this.offset + frame.length));
				}
			}
			catch (IOException ex) {
				this.visitorFailure = ex;
				throw ex;
			}
		}

	}

}
