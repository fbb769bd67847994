package org.litestream4j;

import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

/**
 * What to restore, and where to. Immutable.
 *
 * @param outputPath the file to create; it must not exist
 * @param replica restore from this one, or null for the one with the newest state that
 * fits
 * @param target which state
 * @param options how
 */
public record RestoreRequest(Path outputPath, @Nullable String replica, RestoreTarget target, RestoreOptions options) {

	/**
	 * {@return the newest state of whichever replica has it, with the default options}
	 * @param outputPath the file to create; it must not exist
	 */
	public static RestoreRequest latest(Path outputPath) {
		return new RestoreRequest(outputPath, null, RestoreTarget.latest(), RestoreOptions.DEFAULTS);
	}

	/**
	 * {@return the same from one replica}
	 * @param name its name, or null for the one with the newest state that fits
	 */
	public RestoreRequest withReplica(@Nullable String name) {
		return new RestoreRequest(this.outputPath, name, this.target, this.options);
	}

	/**
	 * {@return the same for another state}
	 * @param state which
	 */
	public RestoreRequest withTarget(RestoreTarget state) {
		return new RestoreRequest(this.outputPath, this.replica, state, this.options);
	}

	/**
	 * {@return the same with other options}
	 * @param how the options
	 */
	public RestoreRequest withOptions(RestoreOptions how) {
		return new RestoreRequest(this.outputPath, this.replica, this.target, how);
	}

}
