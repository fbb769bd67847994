package org.litestream4j.live;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.litestream4j.database.ReadLock;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.OnFailure;
import org.litestream4j.live.CheckpointPolicy.Pin;

/**
 * Opens views of the database, each with a reader of its own, which must have begun
 * before the sync whose position the view has. An open view pins the WAL, so it is given
 * up when that grows too much. Opens under the protocol's lock; views are closed by any
 * thread.
 */
final class DatabaseViews implements DatabaseView.Keeper {

	/** Attempts to close the current index before a view gives up. */
	private static final int ATTEMPTS = 2;

	private final LiveDatabase live;

	private final ShadowWal shadow;

	private final WalCopier copier;

	private final Checkpointer checkpointer;

	private final long mostGrowth;

	/** The open ones, and how large the WAL file was when they began. */
	private final Map<DatabaseView, Long> open = new ConcurrentHashMap<>();

	/**
	 * Opens none yet.
	 * @param mostGrowth bytes by which the WAL file may grow while a view is open
	 */
	DatabaseViews(LiveDatabase live, ShadowWal shadow, WalCopier copier, Checkpointer checkpointer, long mostGrowth) {
		this.mostGrowth = mostGrowth;
		this.live = live;
		this.shadow = shadow;
		this.copier = copier;
		this.checkpointer = checkpointer;
	}

	/** Whether the engine itself pins the WAL. */
	Pin pin() {
		return (this.open.isEmpty() && !this.live.backups().isBusy()) ? Pin.NONE : Pin.OWN_VIEW;
	}

	/** Gives those up that have pinned too much of the WAL by now. */
	void giveUpLarge() {
		long size = this.live.walSize();
		this.open.forEach((view, before) -> {
			if (size - before > this.mostGrowth) {
				view.giveUp("the WAL has grown by %d bytes meanwhile, and by %d at most may it be kept from restarting"
					.formatted(size - before, this.mostGrowth));
			}
		});
	}

	/**
	 * Gives all of them up.
	 * @param reason completes a sentence
	 */
	void giveUpAll(String reason) {
		this.open.keySet().forEach((view) -> view.giveUp(reason));
	}

	@Override
	public void requireIntact() throws IOException {
		if (this.live.guard().locksAreLost()) {
			throw new IOException("the view of the database was given up, as SQLite's locks were lost");
		}
	}

	@Override
	public void released(DatabaseView view) {
		this.open.remove(view);
	}

	/**
	 * A view of the database as it is now.
	 * @param newestSnapshot the newest index under which a snapshot exists, or -1: the
	 * view is to be stored under a higher one
	 * @throws IndexHeldBackException if there is no such index now, as others read or
	 * write
	 * @throws IOException if there can be none now
	 */
	DatabaseView open(int newestSnapshot) throws IOException {
		this.live.lock().assertHeld();
		this.live.file().requireAtItsPath();
		this.copier.syncAndHandOver();
		this.copier.requireCopying();
		CheckpointEnd end = new CheckpointEnd.Overtaken();
		if (newestSnapshot >= this.shadow.requirePosition().index() && !this.shadow.isClosedIndex()) {
			end = this.checkpointer.closeIndex(ATTEMPTS, pin());
		}
		ReadLock reader = this.live.session().newReadLock();
		try (OnFailure undo = OnFailure.run(reader::close)) {
			reader.begin();
			this.copier.syncAndHandOver();
			WalPosition position = this.shadow.requirePosition();
			if (position.index() <= newestSnapshot && !this.shadow.isClosedIndex()) {
				throw new IndexHeldBackException(
						("a snapshot of WAL index %d exists and the WAL cannot be restarted now, as it is"
								+ " held back by %s; try again when that has ended")
							.formatted(position.index(), end.holder(this.live.file().locks())));
			}
			this.shadow.relyOn();
			DatabaseView view = undo.keep(view(position, reader));
			this.open.put(view, this.live.walSize());
			return view;
		}
	}

	private DatabaseView view(WalPosition position, ReadLock reader) throws IOException {
		int index = this.shadow.isClosedIndex() ? position.index() + 1 : position.index();
		DatabaseView.Origin origin = new DatabaseView.Origin(position, index, this.shadow.committedAt(position));
		ShadowState state = this.shadow.state();
		if (state == null) {
			return DatabaseView.ofFile(origin, this.live.file(), reader, this);
		}
		RandomAccessFile copy = this.shadow.openIndex(position.generation(), position.index());
		return new DatabaseView(origin, this.live.file(), reader, copy, state.header().pageSize(),
				state.databasePages(), this);
	}

}
