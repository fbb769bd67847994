package org.litestream4j.live;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.database.CheckpointMode;
import org.litestream4j.database.CheckpointResult;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.sqlite.WalFrame;

/**
 * Lets a start go on where the last engine ended: what is noted for it, while this one
 * runs and when it stops, and what the notes and the WAL itself prove then. In between no
 * read transaction was held, so a wrong proof is a hole in the generation; without any
 * proof a new generation starts, which is never wrong. Runs under the protocol's lock.
 */
final class ContinuityProof {

	private static final Logger logger = LoggerFactory.getLogger(ContinuityProof.class);

	private static final int ATTEMPTS = 20;

	private static final long PAUSE_NANOS = 200_000;

	private static final long NOTE_PAUSE_NANOS = 2_000_000;

	private final ShadowOptions options;

	private final LiveDatabase live;

	private final ShadowWal shadow;

	private final WalCopier copier;

	private final RestartProof restartProof;

	private final StopRecord stopRecord;

	ContinuityProof(ShadowOptions options, LiveDatabase live, ShadowWal shadow, WalCopier copier,
			RestartProof restartProof, StopRecord stopRecord) {
		this.options = options;
		this.live = live;
		this.shadow = shadow;
		this.copier = copier;
		this.restartProof = restartProof;
		this.stopRecord = stopRecord;
	}

	/**
	 * Requires that the live WAL goes on from what was copied before this start. Others
	 * may commit meanwhile: the read transaction that is held keeps what is looked at.
	 * @param position up to where that was
	 * @throws ContinuityLostException if nothing proves it
	 */
	void require(WalPosition position) throws IOException {
		this.live.lock().assertHeld();
		String stopped = this.stopRecord.take();
		if (!this.restartProof.holdsAt(position)) {
			try {
				requireSameWal(position);
			}
			catch (ContinuityLostException ex) {
				requireSameDatabase(position, stopped, ex);
			}
		}
		this.live.guard().proven();
	}

	/**
	 * An empty WAL proves nothing, but the bytes of the database do. If it is still empty
	 * afterwards, nobody has changed them meanwhile: what is committed while a read
	 * transaction is held stays in the WAL.
	 */
	private void requireSameDatabase(WalPosition position, @Nullable String stopped, ContinuityLostException doubt)
			throws IOException {
		if (stopped == null || published().log() != 0
				|| !StopRecord.matches(stopped, this.shadow.named(position), this.live.file())
				|| published().log() != 0) {
			throw doubt;
		}
		this.shadow.closeIndex();
	}

	/** The header alone could be that of a WAL whose tail was lost and written again. */
	private void requireSameWal(WalPosition position) throws IOException {
		ShadowState known = this.shadow.state();
		if (known == null) {
			throw new ContinuityLostException(GenerationReason.WAL_DOES_NOT_CONTINUE,
					"the WAL was empty when replication stopped, which proves nothing");
		}
		byte[] found = new byte[WalFrame.HEADER_SIZE];
		byte[] copied = new byte[WalFrame.HEADER_SIZE];
		long lastFrame = known.offset() - known.header().frameSize();
		try (RandomAccessFile copy = this.shadow.openIndex(position.generation(), position.index())) {
			copy.seek(lastFrame);
			copy.readFully(copied);
		}
		boolean same = known.header().equals(this.copier.wal().readHeader());
		int read = this.copier.wal().read(lastFrame, found, 0, found.length);
		int published = published().log();
		// Equal before and after: what was found in between is of this very WAL
		same = same && known.header().equals(this.copier.wal().readHeader());
		if (!same || read < found.length || !Arrays.equals(found, copied)
				|| known.header().endOf(published) < known.offset()) {
			throw new ContinuityLostException(GenerationReason.WAL_DOES_NOT_CONTINUE,
					"the WAL was checkpointed, restarted or changed while nobody replicated it");
		}
	}

	/** Others that begin or end just now can make SQLite refuse to answer for a while. */
	private CheckpointResult published() throws IOException {
		CheckpointResult published = this.live.session().published();
		for (int attempt = 1; attempt < ATTEMPTS && published.log() < 0; attempt++) {
			LockSupport.parkNanos(attempt * PAUSE_NANOS);
			published = this.live.session().published();
		}
		return published;
	}

	/**
	 * Copies and checkpoints everything, and notes what the database file is then, for
	 * which nobody has to wait. What cannot be recorded costs a generation at the next
	 * start, no more.
	 */
	void recordStop() {
		this.live.lock().assertHeld();
		try {
			this.copier.handOver();
			this.shadow.force();
			WalPosition position = this.shadow.requirePosition();
			boolean complete = this.live.session().checkpoint(CheckpointMode.PASSIVE).isComplete();
			if (complete && this.live.guard().isComplete()) {
				noteOnceConclusive();
				recordBytes(position);
			}
		}
		catch (IOException ex) {
			logger.debug("Database '{}': the stop could not be recorded", this.options.name(), ex);
		}
	}

	/** The database file was just written, and its clock may tick in milliseconds. */
	private void noteOnceConclusive() throws IOException {
		for (int attempt = 1; attempt < ATTEMPTS && !this.restartProof.tryNote(); attempt++) {
			LockSupport.parkNanos(NOTE_PAUSE_NANOS);
		}
	}

	/** Only if nothing was committed while they were read. */
	private void recordBytes(WalPosition position) throws IOException {
		if (this.live.file().size() <= StopRecord.LARGEST_DATABASE) {
			String record = StopRecord.describe(this.shadow.named(position), this.live.file());
			this.copier.sync();
			if (this.shadow.requirePosition().equals(position) && this.live.guard().isComplete()) {
				this.stopRecord.write(record);
			}
		}
	}

}
