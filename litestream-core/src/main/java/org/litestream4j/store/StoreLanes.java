package org.litestream4j.store;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * What stores wait for that say nothing more of it.
 */
final class StoreLanes {

	private StoreLanes() {
	}

	/** The scheme, the authority and the query: what follows a host is a path. */
	static String ofUrl(String url) {
		URI uri = parse(url);
		if (uri == null || uri.getScheme() == null || uri.getRawAuthority() == null) {
			return url;
		}
		String query = (uri.getRawQuery() != null) ? "?" + uri.getRawQuery() : "";
		return uri.getScheme().toLowerCase(Locale.ROOT) + "://" + uri.getRawAuthority() + query;
	}

	private static @Nullable URI parse(String url) {
		try {
			return URI.create(url);
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	/**
	 * The mount that a directory is on, or is going to be: that of the nearest one that
	 * exists.
	 */
	static String ofMount(Path directory) {
		for (Path each = directory.toAbsolutePath(); each != null; each = each.getParent()) {
			try {
				java.nio.file.FileStore mounted = Files.getFileStore(each);
				return "file: %s %s".formatted(mounted.name(), mounted);
			}
			catch (IOException ex) {
				// not there yet
			}
		}
		return "file: " + directory;
	}

}
