package org.litestream4j.live;

import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

/**
 * Whether there is room for what is copied. The database is mostly on the same disk, and
 * the application must not run out of it because a replica is unreachable. Not
 * thread-safe.
 */
final class DiskRoom {

	private final Path directory;

	private final long least;

	private boolean lacking;

	/**
	 * Looks at nothing yet.
	 * @param least bytes that are left free; 0 if nothing is looked at
	 */
	DiskRoom(Path directory, long least) {
		this.directory = directory;
		this.least = least;
	}

	/**
	 * What is wrong if some more bytes were written; null if nothing is. Once there was
	 * too little room, twice as much has to be free before there is enough again.
	 */
	@Nullable String lackFor(long bytes) {
		if (this.least == 0) {
			return null;
		}
		long free = this.directory.toFile().getUsableSpace();
		long wanted = this.lacking ? 2 * this.least : this.least;
		this.lacking = free - bytes < wanted;
		return this.lacking ? ("the disk of %s has %d bytes free, and copying %d bytes of WAL there must leave %d"
				+ " (min-free-space)")
			.formatted(this.directory, free, bytes, wanted) : null;
	}

}
