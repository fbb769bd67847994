package org.litestream4j.shadow;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.util.Arrays;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.database.CheckpointMode;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.wal.WalFrame;

/**
 * Lets a start go on where the last engine ended: what is noted for it, while this one
 * runs and when it stops, and what the notes and the WAL itself prove then. In between no
 * read transaction was held, so a wrong proof is a hole in the generation; without any
 * proof a new generation starts, which is never wrong. Runs under the engine's lock.
 */
final class ContinuityProof {

	private static final Logger logger = LoggerFactory.getLogger(ContinuityProof.class);

	private final ShadowOptions options;

	private final LiveDatabase live;

	private final ShadowWal shadow;

	private final Cover cover;

	private final WalCopier copier;

	private final RestartProof restartProof;

	private final StopRecord stopRecord;

	ContinuityProof(ShadowOptions options, LiveDatabase live, ShadowWal shadow, Cover cover, WalCopier copier,
			StopRecord stopRecord) {
		this.options = options;
		this.live = live;
		this.shadow = shadow;
		this.cover = cover;
		this.copier = copier;
		this.restartProof = new RestartProof(live.session(), live.file(), shadow);
		this.stopRecord = stopRecord;
	}

	/**
	 * Requires that the live WAL goes on from what was copied before this start.
	 * @param position up to where that was
	 * @throws ContinuityLostException if nothing proves it
	 */
	void require(WalPosition position) throws IOException {
		String stopped = this.stopRecord.take();
		if (this.cover.isLost() && this.restartProof.holdsAt(position)) {
			this.cover.proven();
		}
		if (this.cover.isLost()) {
			requireSameWalOrDatabase(position, stopped);
		}
	}

	private void requireSameWalOrDatabase(WalPosition position, @Nullable String stopped) throws IOException {
		try {
			requireSameWal(position);
		}
		catch (ContinuityLostException ex) {
			boolean empty = this.live.quiet() && this.live.session().published().log() == 0;
			if (!empty || !StopRecord.matches(stopped, position, this.live.file())) {
				throw ex;
			}
			this.shadow.closeIndex();
			this.cover.beginAnew();
		}
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
		boolean sameHeader = known.header().equals(this.copier.wal().readHeader());
		int read = this.copier.wal().read(lastFrame, found, 0, found.length);
		if (!sameHeader || read < found.length || !Arrays.equals(found, copied)) {
			throw new ContinuityLostException(GenerationReason.WAL_DOES_NOT_CONTINUE,
					"the WAL was checkpointed, restarted or changed while nobody replicated it");
		}
	}

	/**
	 * Notes it when everything copied is in the database file too. To be called before
	 * each read transaction begins. Without the note the next start has less to go on
	 * from, which is no failure now.
	 */
	void noteBackfilled() {
		try {
			if (!this.cover.isLost() && !this.cover.locksAreLost()) {
				this.restartProof.note();
			}
		}
		catch (IOException ex) {
			logger.debug("Database '{}': how far it is checkpointed could not be noted", this.options.name(), ex);
		}
	}

	/**
	 * Copies and checkpoints everything under the write lock, and notes what the database
	 * file is then. What cannot be recorded costs a generation at the next start, no
	 * more.
	 */
	void recordStop() {
		try {
			if (this.live.file().size() <= StopRecord.LARGEST_DATABASE && this.live.session().tryBeginWrite()) {
				try {
					this.copier.handOver();
					this.shadow.force();
					if (this.live.session().checkpoint(CheckpointMode.PASSIVE).isComplete()) {
						this.stopRecord.write(this.shadow.requirePosition(), this.live.file());
					}
				}
				finally {
					this.live.session().endWrite();
				}
			}
		}
		catch (IOException ex) {
			logger.debug("Database '{}': the stop could not be recorded", this.options.name(), ex);
		}
	}

}
