package org.litestream4j.store.sftp;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import org.apache.sshd.client.config.hosts.KnownHostEntry;
import org.apache.sshd.client.keyverifier.ServerKeyVerifier;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.config.keys.AuthorizedKeyEntry;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntryResolver;
import org.apache.sshd.common.signature.Signature;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides whether the key that a server shows is its own: by the one that is configured,
 * else by {@code known_hosts}. Of one connection. Not thread-safe.
 */
final class HostKeys implements ServerKeyVerifier {

	private static final Logger logger = LoggerFactory.getLogger(HostKeys.class);

	/** As OpenSSH prefers them. */
	private static final List<String> PREFERENCE = List.of("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
			"ecdsa-sha2-nistp521", "rsa-sha2-512", "rsa-sha2-256");

	private final SftpAccess access;

	private volatile @Nullable String refusal;

	HostKeys(SftpAccess access) {
		this.access = access;
	}

	/** Why the key was refused, in words that continue a sentence; null if it was not. */
	@Nullable String refusal() {
		return this.refusal;
	}

	@Override
	public boolean verifyServerKey(ClientSession session, SocketAddress address, PublicKey key) {
		String reason = reasonToRefuse(key);
		this.refusal = reason;
		return reason == null;
	}

	private @Nullable String reasonToRefuse(PublicKey key) {
		String shown = "%s %s".formatted(KeyUtils.getKeyType(key), fingerprint(key));
		String pinned = this.access.hostKey();
		if (pinned != null) {
			return matches(pinned, key) ? null
					: "the server shows the key %s, which is not the one that host-key allows: somebody may be reading along, or the server has a new key; ask who runs it, and correct host-key"
						.formatted(shown);
		}
		if (this.access.hostKeyChecking() == SftpAccess.HostKeyChecking.NONE) {
			logger.warn("The key of {} is not checked, as strict-host-key-checking is off: it shows {}",
					this.access.hostAndPort(), shown);
			return null;
		}
		try {
			return knownOrNot(key, shown);
		}
		catch (IOException ex) {
			return "%s cannot be read (%s); let the application's user read it, or set host-key"
				.formatted(this.access.knownHosts(), ex.getClass().getSimpleName());
		}
	}

	private @Nullable String knownOrNot(PublicKey key, String shown) throws IOException {
		boolean otherOfThisType = false;
		boolean known = false;
		for (KnownHostEntry entry : entries()) {
			PublicKey entryKey = key(entry);
			if (entryKey == null) {
				continue;
			}
			boolean same = KeyUtils.compareKeys(entryKey, key);
			if ("revoked".equals(entry.getMarker())) {
				if (same) {
					return "the server shows the key %s, which %s calls revoked; ask who runs the server"
						.formatted(shown, this.access.knownHosts());
				}
			}
			else if (entry.getMarker() == null || entry.getMarker().isEmpty()) {
				known |= same;
				otherOfThisType |= !same;
			}
		}
		if (known) {
			return null;
		}
		if (otherOfThisType) {
			return "the server shows the key %s, and %s knows another one of %s: somebody may be reading along, or the server has a new key; ask who runs it, and correct that file"
				.formatted(shown, this.access.knownHosts(), this.access.hostAndPort());
		}
		return "the server shows the key %s, and %s knows none of %s: compare it with the server's own, and add it to that file (ssh-keyscan -p %d %s prints it), or set host-key"
			.formatted(shown, this.access.knownHosts(), this.access.hostAndPort(), this.access.port(),
					this.access.host());
	}

	private List<KnownHostEntry> entries() throws IOException {
		if (!Files.exists(this.access.knownHosts())) {
			return List.of();
		}
		List<KnownHostEntry> matching = new ArrayList<>();
		for (KnownHostEntry entry : KnownHostEntry.readKnownHostEntries(this.access.knownHosts())) {
			if (entry.isHostMatch(this.access.host(), this.access.port())) {
				matching.add(entry);
			}
		}
		return matching;
	}

	private static @Nullable PublicKey key(KnownHostEntry entry) {
		try {
			return entry.getKeyEntry().resolvePublicKey(null, PublicKeyEntryResolver.IGNORING);
		}
		catch (IOException | GeneralSecurityException ex) {
			return null; // of a kind that is not known here, and so is not the one shown
		}
	}

	private static boolean matches(String pinned, PublicKey key) {
		if (pinned.startsWith("SHA256:")) {
			return fingerprint(key).equals(pinned.replaceFirst("=+$", ""));
		}
		try {
			PublicKey expected = AuthorizedKeyEntry.parseAuthorizedKeyEntry(pinned)
				.resolvePublicKey(null, PublicKeyEntryResolver.IGNORING);
			return expected != null && KeyUtils.compareKeys(expected, key);
		}
		catch (IOException | GeneralSecurityException | RuntimeException ex) {
			return false;
		}
	}

	private static String fingerprint(PublicKey key) {
		return String.valueOf(KeyUtils.getFingerPrint(key)).replaceFirst("=+$", "");
	}

	/**
	 * The algorithms to ask for: a server with several keys shall show one that is known.
	 */
	List<NamedFactory<Signature>> prefer(List<NamedFactory<Signature>> supported) {
		Set<String> types = new LinkedHashSet<>();
		try {
			String pinned = this.access.hostKey();
			if (pinned != null) {
				types.add(pinned.split("\\s+", 2)[0]);
			}
			else if (this.access.hostKeyChecking() == SftpAccess.HostKeyChecking.STRICT) {
				entries().forEach((entry) -> types.add(entry.getKeyEntry().getKeyType()));
			}
		}
		catch (IOException ex) {
			// the verification says so
		}
		List<NamedFactory<Signature>> order = new ArrayList<>(supported);
		order.sort(Comparator.comparingInt((factory) -> rank(factory.getName(), types)));
		return order;
	}

	private static int rank(String algorithm, Set<String> types) {
		int place = PREFERENCE.indexOf(algorithm);
		int rank = (place < 0) ? PREFERENCE.size() : place;
		return types.contains(KeyUtils.getCanonicalKeyType(algorithm)) ? rank - 100 : rank;
	}

}
