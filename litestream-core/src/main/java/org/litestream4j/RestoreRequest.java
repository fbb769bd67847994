package org.litestream4j;

import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

import org.litestream4j.restore.RestoreOptions;
import org.litestream4j.restore.RestoreTarget;

/**
 * What to restore, and where to.
 *
 * @param outputPath the file to create; it must not exist
 * @param replica restore from this one, or null for the one with the newest state that
 * fits
 * @param target which state
 * @param options how
 */
public record RestoreRequest(Path outputPath, @Nullable String replica, RestoreTarget target, RestoreOptions options) {

	/** The newest state of whichever replica has it. */
	public static RestoreRequest latest(Path outputPath) {
		return new RestoreRequest(outputPath, null, RestoreTarget.LATEST, RestoreOptions.DEFAULTS);
	}

}
