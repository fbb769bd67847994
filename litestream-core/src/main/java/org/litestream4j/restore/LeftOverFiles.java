package org.litestream4j.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.io.AsideStamp;
import org.litestream4j.io.Disk;

/**
 * Files of an earlier database that were moved out of the way of a restored one, with a
 * name that says so. Not thread-safe.
 */
final class LeftOverFiles {

	private static final Logger logger = LoggerFactory.getLogger(LeftOverFiles.class);

	private final Disk disk;

	private final String stamp = AsideStamp.now();

	private final Map<Path, Path> moved = new LinkedHashMap<>();

	LeftOverFiles(Disk disk) {
		this.disk = disk;
	}

	void move(Path file) throws IOException {
		Path aside = file.resolveSibling("%s.before-restore-%s".formatted(file.getFileName(), this.stamp));
		this.disk.moveToNew(file, aside);
		this.moved.put(file, aside);
		logger.warn("Moved {} aside to {}: it is not part of the database that is restored", file, aside.getFileName());
	}

	/** Where a file was moved to; null if it was not moved. */
	@Nullable Path placeOf(Path file) {
		return this.moved.get(file);
	}

	/** Undoes it, as nothing takes their place after all. */
	void moveBack() {
		this.moved.forEach((file, aside) -> {
			try {
				this.disk.moveToNew(aside, file);
				logger.warn("Moved {} back, as nothing was restored", file);
			}
			catch (IOException ex) {
				logger.warn("Cannot move {} back to {}", aside, file.getFileName(), ex);
			}
		});
		this.moved.clear();
	}

}
