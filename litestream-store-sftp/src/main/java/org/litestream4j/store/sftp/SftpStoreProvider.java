package org.litestream4j.store.sftp;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoreDefinition;
import org.litestream4j.store.StoreProvider;

/**
 * Makes the stores of {@code sftp://[user@]host[:port]/absolute/path}, or {@code /~/path}
 * below the user's home.
 */
public final class SftpStoreProvider implements StoreProvider {

	/** Creates a provider; usually {@link java.util.ServiceLoader} does. */
	public SftpStoreProvider() {
	}

	@Override
	public boolean supports(String type) {
		return type.equals("sftp");
	}

	@Override
	public List<String> urls() {
		return List.of("sftp://user@host/directory");
	}

	@Override
	public ObjectStore open(StoreDefinition definition) {
		SftpLocation location = location(definition);
		SftpAccess access = SftpAccess.of(definition, location);
		SftpLocation complete = new SftpLocation(access.user(), access.host(), access.port(), location.path());
		return new SftpStore(complete, SftpConnections.shared(access), permissions(definition.likeFile()));
	}

	private static SftpLocation location(StoreDefinition definition) {
		String url = definition.url();
		if (url != null) {
			return SftpLocation.parse(url);
		}
		String host = definition.property("host")
			.orElseThrow(() -> new IllegalArgumentException(
					"%s is not set: a host or a url is expected".formatted(definition.nameOf("host"))));
		return new SftpLocation(null, host.strip(), -1,
				SftpLocation.path(definition.property("path").orElse("").strip()));
	}

	/** As the server takes them; -1 for those that a new file gets there. */
	static int permissions(@Nullable Path likeFile) {
		if (likeFile == null) {
			return SftpStore.ANY_PERMISSIONS;
		}
		try {
			Set<PosixFilePermission> set = Files.getPosixFilePermissions(likeFile, LinkOption.NOFOLLOW_LINKS);
			int bits = 0;
			for (char letter : PosixFilePermissions.toString(set).toCharArray()) {
				bits = (bits << 1) | ((letter != '-') ? 1 : 0);
			}
			return bits & 0666;
		}
		catch (IOException | UnsupportedOperationException ex) {
			return SftpStore.OWNER_ONLY;
		}
	}

}
