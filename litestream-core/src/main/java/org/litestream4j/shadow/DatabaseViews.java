package org.litestream4j.shadow;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.util.concurrent.atomic.AtomicInteger;

import org.litestream4j.database.ReadLock;
import org.litestream4j.format.WalPosition;

/**
 * Opens views of the database, each with a reader of its own, which must have begun
 * before the sync whose position the view has. An open view pins the WAL. Opens under the
 * engine's lock; views are closed by any thread.
 */
final class DatabaseViews {

	/** How often an index is tried to be ended for one view. */
	private static final int ATTEMPTS = 2;

	private final LiveDatabase live;

	private final ShadowWal shadow;

	private final WalCopier copier;

	private final IndexEnd indexEnd;

	private final AtomicInteger open = new AtomicInteger();

	DatabaseViews(LiveDatabase live, ShadowWal shadow, WalCopier copier, IndexEnd indexEnd) {
		this.live = live;
		this.shadow = shadow;
		this.copier = copier;
		this.indexEnd = indexEnd;
	}

	/** Whether one is open, so that taking the write lock to checkpoint is in vain. */
	boolean areOpen() {
		return this.open.get() > 0;
	}

	/**
	 * A view of the database as it is now.
	 * @param newestSnapshot the newest index under which a snapshot exists, or -1: the
	 * view is to be stored under a higher one
	 * @throws IndexHeldBackException if there is no such index now, as others read or
	 * write
	 * @throws IOException if that cannot be had now
	 */
	DatabaseView open(int newestSnapshot) throws IOException {
		this.live.file().requireAtItsPath();
		this.copier.syncAndHandOver();
		this.copier.requireNameableWal();
		if (newestSnapshot >= this.shadow.requirePosition().index() && !this.shadow.isClosedIndex()) {
			this.indexEnd.reach(ATTEMPTS);
		}
		ReadLock reader = this.live.session().newReadLock();
		boolean opened = false;
		try {
			reader.begin();
			this.copier.syncAndHandOver();
			WalPosition position = this.shadow.requirePosition();
			if (position.index() <= newestSnapshot && !this.shadow.isClosedIndex()) {
				throw new IndexHeldBackException(
						("a snapshot of WAL index %d exists and the WAL cannot be restarted now, as it is"
								+ " held back by %s; try again when that has ended")
							.formatted(position.index(), this.live.file().locks().describeReaders()));
			}
			DatabaseView view = view(position, reader);
			opened = true;
			this.open.incrementAndGet();
			return view;
		}
		finally {
			if (!opened) {
				reader.close();
			}
		}
	}

	private DatabaseView view(WalPosition position, ReadLock reader) throws IOException {
		int index = this.shadow.isClosedIndex() ? position.index() + 1 : position.index();
		DatabaseView.Origin origin = new DatabaseView.Origin(position, index, this.copier.lastCommitSeen());
		ShadowState state = this.shadow.state();
		if (state == null) {
			return DatabaseView.ofFile(origin, this.live.file(), reader, this.open::decrementAndGet);
		}
		RandomAccessFile copy = this.shadow.openIndex(position.generation(), position.index());
		return new DatabaseView(origin, this.live.file(), reader, copy, state.header().pageSize(),
				state.databasePages(), this.open::decrementAndGet);
	}

}
