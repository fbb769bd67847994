package org.litestream4j.live;

import java.io.IOException;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.database.CheckpointResult;
import org.litestream4j.database.DatabaseFile;
import org.litestream4j.database.FileStamp;
import org.litestream4j.format.WalPosition;

/**
 * Proves that nothing was missed when the process was killed between the restart of the
 * WAL and the first copy of it. The WAL that is found then is not the one that was
 * copied, its salts prove nothing, and no read transaction was held.
 * <p>
 * A WAL restarts only once every frame of it is in the database file. So whenever that is
 * so, and every frame was copied too, the position is noted together with the stamp of
 * the database file. If a later start finds the same position and the same stamp, nobody
 * has checkpointed anything since: no frame after the position has ever left the WAL, and
 * the WAL that is there holds all that was committed after it.
 */
final class RestartProof {

	private static final Logger logger = LoggerFactory.getLogger(RestartProof.class);

	private final LiveDatabase live;

	private final DatabaseFile file;

	private final ShadowWal shadow;

	private String noted = "";

	RestartProof(LiveDatabase live, ShadowWal shadow) {
		this.live = live;
		this.file = live.file();
		this.shadow = shadow;
	}

	/**
	 * Notes how things stand, if that is worth noting. Comes before each read transaction
	 * begins, as one that begins with everything in the database file lets the WAL
	 * restart. Without the note the next start has less to go on from, which is no
	 * failure now.
	 */
	void note() {
		// Hardly ever under a writer that does not pause, and to ask for the locks is
		// dear
		noteIf(() -> isWorthNoting() && !this.live.guard().locksAreLost());
	}

	/**
	 * Notes how things stand, as {@link #note()} does, under the write lock and right
	 * after a sync, where nobody has time to ask the kernel for SQLite's locks, which can
	 * take ten milliseconds: if they were lost, {@link #confirm()} withdraws the note.
	 */
	void noteForNow() {
		noteIf(() -> true);
	}

	private void noteIf(Condition condition) {
		try {
			if (!this.live.guard().isLost() && condition.holds()) {
				tryNote();
			}
		}
		catch (IOException ex) {
			logger.debug("How far {} is checkpointed could not be noted", this.file.path(), ex);
		}
	}

	/** What has to be so for a note. */
	@FunctionalInterface
	private interface Condition {

		boolean holds() throws IOException;

	}

	/** Withdraws what was noted last, if SQLite's locks may not have been held then. */
	void confirm() throws IOException {
		if (!this.noted.isEmpty() && this.live.guard().locksAreLost()) {
			this.shadow.writeBackfilled(" ".repeat(this.noted.length()));
			this.noted = "";
		}
	}

	/** Whether everything that is published is in the database file and was copied. */
	private boolean isWorthNoting() throws IOException {
		CheckpointResult published = this.live.session().published();
		return published.isComplete() && isCopied(published);
	}

	/**
	 * Notes how things stand, if everything that is published is in the database file and
	 * was copied. Only while a transaction or the write lock guards the WAL, and has ever
	 * since the last sync.
	 * @return false if the file system's clock has to tick first
	 */
	boolean tryNote() throws IOException {
		this.live.lock().assertHeld();
		WalPosition position = this.shadow.position();
		if (position == null) {
			return true;
		}
		// The stamp first: what is written to the file after it makes it worthless
		FileStamp stamp = conclusiveStamp(this.shadow::stampNow, this.file);
		if (stamp == null) {
			return false;
		}
		String line = describe(this.shadow.named(position), stamp);
		if (isWorthNoting() && !line.equals(this.noted)) {
			this.shadow.writeBackfilled(line);
			this.noted = line;
		}
		return true;
	}

	/**
	 * The stamp of a database file, or null if a write from now on might not change it.
	 * The clock is looked at twice: since Linux 6.13 a file that was looked at gets a
	 * time of its own when it is written again within the tick, and so the second look
	 * need not wait for the next one.
	 * @param clock writes to a file of the same file system and looks at it
	 */
	@Nullable static FileStamp conclusiveStamp(Clock clock, DatabaseFile file) throws IOException {
		for (int look = 0; look < 2; look++) {
			FileStamp now = clock.stampNow();
			FileStamp stamp = file.stamp();
			if (stamp.isConclusive(now)) {
				return stamp;
			}
		}
		return null;
	}

	/** The clock of a file system. */
	@FunctionalInterface
	interface Clock {

		FileStamp stampNow() throws IOException;

	}

	private boolean isCopied(CheckpointResult published) {
		ShadowState state = this.shadow.state();
		return published.log() == 0 || (state != null && state.header().endOf(published.log()) == state.offset());
	}

	/**
	 * Whether the WAL holds everything that was committed after the position. To be asked
	 * while a read transaction guards the WAL.
	 */
	boolean holdsAt(WalPosition position) throws IOException {
		return describe(this.shadow.named(position), this.file.stamp()).equals(this.shadow.readBackfilled());
	}

	/**
	 * Of one length, so that it replaces what was there before.
	 * @param position as its file is named
	 */
	static String describe(WalPosition position, FileStamp stamp) {
		return "%s_%08x_%08x %016x %016x %016x %016x %016x%n".formatted(position.generation().name(), position.index(),
				position.offset(), stamp.id().device(), stamp.id().inode(), stamp.size(), stamp.modified(),
				stamp.changed());
	}

}
