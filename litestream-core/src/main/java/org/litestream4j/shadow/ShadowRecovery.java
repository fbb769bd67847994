package org.litestream4j.shadow;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.NavigableMap;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.Disk;
import org.litestream4j.io.Disk.DiskFile;
import org.litestream4j.wal.CorruptWalException;
import org.litestream4j.wal.WalTail;

/**
 * Goes back, at a start, to the last commit of the shadow WAL that is whole. A crash can
 * leave frames behind it, or a file without any commit: these are deleted, as they would
 * otherwise count as copied once a newer index exists. Used by one thread.
 */
final class ShadowRecovery {

	private static final Logger logger = LoggerFactory.getLogger(ShadowRecovery.class);

	private final Disk disk;

	private final ShadowFiles files;

	ShadowRecovery(Disk disk, ShadowFiles files) {
		this.disk = disk;
		this.files = files;
	}

	/**
	 * What is there.
	 *
	 * @param ends committed bytes of each index
	 * @param position where the newest one ends; null if there is no generation
	 * @param state of the newest one; null if there is none
	 */
	record Recovered(NavigableMap<Integer, Long> ends, @Nullable WalPosition position, @Nullable ShadowState state) {
	}

	Recovered recover() throws IOException {
		Generation generation = this.files.readGeneration();
		if (generation == null) {
			return new Recovered(new TreeMap<>(), null, null);
		}
		NavigableMap<Integer, Long> ends = this.files.sizes(generation);
		Recovered recovered = new Recovered(ends, new WalPosition(generation, 0, 0), null);
		while (!ends.isEmpty()) {
			WalPosition newest = new WalPosition(generation, ends.lastKey(), 0);
			ShadowState state = recoverNewest(newest);
			if (state != null) {
				ends.put(newest.index(), state.offset());
				recovered = new Recovered(ends, newest.at(state.offset()), state);
				break;
			}
			this.disk.deleteIfExists(this.files.wal(generation, newest.index()));
			ends.remove(newest.index());
		}
		this.files.deleteOthers(generation);
		return recovered;
	}

	/** Null if it holds no commit. */
	@Nullable private ShadowState recoverNewest(WalPosition newest) throws IOException {
		Path file = this.files.wal(newest.generation(), newest.index());
		try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 18)) {
			WalTail tail = WalTail.scan(in, file.toString());
			if (!tail.hasCommit()) {
				return null;
			}
			cutBehind(file, tail.commitOffset());
			boolean closed = this.files.isClosed(newest.at(tail.commitOffset()));
			return new ShadowState(tail.header(), tail.commitOffset(), tail.commitChecksum(), tail.databasePages(),
					closed);
		}
		catch (CorruptWalException ex) {
			logger.debug("{} has no valid header", file, ex);
			return null;
		}
	}

	private void cutBehind(Path wal, long end) throws IOException {
		try (DiskFile file = this.disk.open(wal)) {
			file.truncate(end);
			file.force();
		}
	}

}
