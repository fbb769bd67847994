package org.litestream4j.shadow;

import java.io.IOException;

import org.jspecify.annotations.Nullable;

import org.litestream4j.database.CheckpointResult;
import org.litestream4j.database.DatabaseFile;
import org.litestream4j.database.DatabaseSession;
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

	private final DatabaseSession session;

	private final DatabaseFile file;

	private final ShadowWal shadow;

	private String noted = "";

	RestartProof(DatabaseSession session, DatabaseFile file, ShadowWal shadow) {
		this.session = session;
		this.file = file;
		this.shadow = shadow;
	}

	/**
	 * Notes how things stand, if everything that is published is in the database file and
	 * was copied. To be called before a read transaction begins, as one that begins then
	 * lets the WAL restart, and while another transaction or the write lock guards the
	 * WAL.
	 * @return false if the file system's clock has to tick first
	 */
	boolean note() throws IOException {
		WalPosition position = this.shadow.position();
		if (position == null) {
			return true;
		}
		// The stamp first: what is written to the file after it makes it worthless
		FileStamp stamp = conclusiveStamp();
		if (stamp == null) {
			return false;
		}
		CheckpointResult published = this.session.published();
		String line = describe(position, stamp);
		if (published.isComplete() && isCopied(published) && !line.equals(this.noted)) {
			this.shadow.writeBackfilled(line);
			this.noted = line;
		}
		return true;
	}

	/**
	 * The stamp of the database file, or null if a write from now on might not change it.
	 * The clock is looked at twice: since Linux 6.13 a file that was looked at gets a
	 * time of its own when it is written again within the tick, and so the second look
	 * need not wait for the next one.
	 */
	private @Nullable FileStamp conclusiveStamp() throws IOException {
		for (int look = 0; look < 2; look++) {
			FileStamp clock = this.shadow.stampNow();
			FileStamp stamp = this.file.stamp();
			if (stamp.isConclusive(clock)) {
				return stamp;
			}
		}
		return null;
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
		return describe(position, this.file.stamp()).equals(this.shadow.readBackfilled());
	}

	/** Of one length, so that it replaces what was there before. */
	static String describe(WalPosition position, FileStamp stamp) {
		return "%s_%08x_%08x %016x %016x %016x %016x %016x%n".formatted(position.generation().name(), position.index(),
				position.offset(), stamp.id().device(), stamp.id().inode(), stamp.size(), stamp.modified(),
				stamp.changed());
	}

}
