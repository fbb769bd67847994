package org.litestream4j.boot.ui;

import java.util.regex.Pattern;

import org.litestream4j.boot.LitestreamStartupException;

/**
 * Where the page is, and where the endpoint is from there. Both are below the same
 * context path, whatever that is, so a proxy that changes it does no harm.
 *
 * @param path of the page, as {@code /litestream}
 * @param endpoint of the endpoint, as {@code /actuator/litestream}
 */
record PagePath(String path, String endpoint) {

	private static final Pattern PATH = Pattern.compile("(/[A-Za-z0-9~_-][A-Za-z0-9._~-]*)+");

	PagePath {
		if (!PATH.matcher(path).matches()) {
			throw new LitestreamStartupException("The property 'litestream.ui.path' is '%s'.".formatted(path),
					"Set it to a path such as '/litestream': it begins with a slash, does not end with one, "
							+ "and has letters, digits, dots, hyphens, underscores and tildes in between.");
		}
		if (within(path, endpoint) || within(endpoint, path)) {
			throw new LitestreamStartupException(
					"The page of litestream-spring-boot-ui would be at '%s', and the endpoint litestream is at '%s'."
						.formatted(path, endpoint),
					"Set 'litestream.ui.path' to a path that is neither that of the endpoint, above it, nor below it, "
							+ "or 'litestream.ui.enabled' to false.");
		}
	}

	private static boolean within(String inner, String outer) {
		return (inner + "/").startsWith(outer + "/");
	}

	/** From the page, whose own path ends with a slash in the browser. */
	String relativeEndpoint() {
		long parts = this.path.chars().filter((character) -> character == '/').count();
		return "../".repeat((int) parts) + this.endpoint.substring(1);
	}

}
