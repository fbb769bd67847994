package org.litestream4j.store.sftp;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;

import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.AttributeRepository;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.SshException;
import org.apache.sshd.common.config.keys.FilePasswordProvider;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.apache.sshd.core.CoreModuleProperties;
import org.apache.sshd.sftp.SftpModuleProperties;
import org.apache.sshd.sftp.client.impl.AbstractSftpClient;
import org.jspecify.annotations.Nullable;

/** Opens connections to one server. Thread-safe. */
final class SftpConnector {

	private static final Duration HEARTBEAT = Duration.ofSeconds(15);

	static {
		// Else the library adds Bouncy Castle to the providers of the whole JVM
		System.getProperties().putIfAbsent("org.apache.sshd.security.provider.BC.useNamed", "false");
	}

	private final SftpAccess access;

	// Under this object's monitor

	private @Nullable SshClient client;

	private @Nullable List<KeyPair> keys;

	SftpConnector(SftpAccess access) {
		this.access = access;
	}

	/**
	 * Opens a connection.
	 * @throws SftpFailure if that cannot be done
	 */
	SftpConnection connect() throws IOException {
		HostKeys hostKeys = new HostKeys(this.access);
		ClientSession session = null;
		boolean connected = false;
		try {
			List<KeyPair> identities = identities();
			session = session(hostKeys);
			if (this.access.password() != null) {
				session.addPasswordIdentity(this.access.password());
			}
			for (KeyPair identity : identities) {
				session.addPublicKeyIdentity(identity);
			}
			session.auth().verify(this.access.connectTimeout());
			SftpConnection connection = new SftpConnection(session, new SftpChannel(session, this.access.timeout()));
			connected = true;
			return connection;
		}
		catch (IOException | RuntimeException ex) {
			throw explain(ex, hostKeys, session);
		}
		finally {
			if (!connected && session != null) {
				session.close(true);
			}
		}
	}

	private ClientSession session(HostKeys hostKeys) throws IOException {
		AttributeRepository context = AttributeRepository.ofKeyValuePair(SshClients.HOST_KEYS, hostKeys);
		InetAddress[] addresses = InetAddress.getAllByName(this.access.host());
		IOException failure = null;
		for (InetAddress address : addresses) {
			try {
				ClientSession session = client()
					.connect(this.access.user(), new InetSocketAddress(address, this.access.port()), context, null)
					.verify(this.access.connectTimeout())
					.getSession();
				settle(session);
				return session;
			}
			catch (IOException ex) {
				failure = ex;
				if (SftpChannel.isInterrupt(ex)) {
					break;
				}
			}
		}
		throw (failure != null) ? failure : new UnknownHostException(this.access.host());
	}

	private void settle(ClientSession session) {
		CoreModuleProperties.HEARTBEAT_INTERVAL.set(session, HEARTBEAT);
		CoreModuleProperties.HEARTBEAT_NO_REPLY_MAX.set(session, 3);
		CoreModuleProperties.IDLE_TIMEOUT.set(session, Duration.ZERO);
		// Ours is to end first, as it says what it waited for
		CoreModuleProperties.AUTH_TIMEOUT.set(session, this.access.connectTimeout().multipliedBy(2));
		CoreModuleProperties.CHANNEL_OPEN_TIMEOUT.set(session, this.access.connectTimeout());
		SftpModuleProperties.SFTP_CHANNEL_OPEN_TIMEOUT.set(session, this.access.connectTimeout());
		AbstractSftpClient.SFTP_CLIENT_CMD_TIMEOUT.set(session, this.access.timeout());
	}

	private synchronized SshClient client() {
		SshClient known = this.client;
		if (known == null) {
			known = SshClients.acquire();
			this.client = known;
		}
		return known;
	}

	/** Those that are configured, else those that {@code ssh} takes by default. */
	private synchronized List<KeyPair> identities() throws IOException {
		List<KeyPair> known = this.keys;
		if (known == null) {
			Path file = this.access.privateKey();
			known = new ArrayList<>();
			if (file != null) {
				known.addAll(read(file));
			}
			else if (this.access.password() == null) {
				for (String name : List.of("id_ed25519", "id_ecdsa", "id_rsa")) {
					Path usual = Path.of(System.getProperty("user.home"), ".ssh", name);
					if (Files.isReadable(usual)) {
						known.addAll(read(usual));
					}
				}
			}
			this.keys = known;
		}
		return known;
	}

	private List<KeyPair> read(Path file) throws SftpFailure {
		String passphrase = this.access.passphrase();
		List<KeyPair> read = new ArrayList<>();
		try (InputStream in = Files.newInputStream(file)) {
			Iterable<KeyPair> pairs = SecurityUtils.loadKeyPairIdentities(null, NamedResource.ofName(file.toString()),
					in, (passphrase != null) ? FilePasswordProvider.of(passphrase) : FilePasswordProvider.EMPTY);
			if (pairs != null) {
				pairs.forEach(read::add);
			}
		}
		catch (NoSuchFileException ex) {
			throw new SftpFailure("the private key %s does not exist; correct private-key".formatted(file), ex);
		}
		catch (AccessDeniedException ex) {
			throw new SftpFailure(
					"the private key %s may not be read; let the application's user read it".formatted(file), ex);
		}
		catch (IOException | GeneralSecurityException | RuntimeException ex) {
			throw new SftpFailure((passphrase != null)
					? "the private key %s cannot be read with private-key-passphrase; correct either".formatted(file)
					: "the private key %s cannot be read; if it has a passphrase, set private-key-passphrase"
						.formatted(file),
					null);
		}
		if (read.isEmpty()) {
			throw new SftpFailure("%s holds no private key; correct private-key".formatted(file), null);
		}
		return read;
	}

	private IOException explain(Exception failure, HostKeys hostKeys, @Nullable ClientSession session) {
		if (failure instanceof SftpFailure explained) {
			return explained;
		}
		if (SftpChannel.isInterrupt(failure)) {
			Thread.currentThread().interrupt();
			InterruptedIOException interrupted = new InterruptedIOException("interrupted while it connected");
			interrupted.initCause(failure);
			return interrupted;
		}
		String refusal = hostKeys.refusal();
		if (refusal != null) {
			return new SftpFailure(refusal, failure);
		}
		if (session == null) {
			return new SftpFailure(unreachable(failure), failure);
		}
		if (has(failure, SocketTimeoutException.class) || has(failure, TimeoutException.class)) {
			return new SftpFailure("the server does not answer within %s; check the network, or raise connect-timeout"
				.formatted(seconds(this.access.connectTimeout())), failure);
		}
		if (failure instanceof SshException refused
				&& String.valueOf(refused.getMessage()).contains("authentication")) {
			return new SftpFailure(unauthenticated(), failure);
		}
		if (session.isAuthenticated() && session.isOpen()) {
			return new SftpFailure(
					"the server offers no SFTP to this account; ask who runs it to enable the subsystem sftp", failure);
		}
		return new SftpFailure(
				"the connection broke before it could be used; check the server, which may have too many (MaxStartups), and the network",
				failure);
	}

	private String unreachable(Exception failure) {
		if (has(failure, UnknownHostException.class)) {
			return "host '%s' cannot be resolved; correct the replica's url, or check DNS"
				.formatted(this.access.host());
		}
		if (has(failure, NoRouteToHostException.class)) {
			return "there is no route to host %s; check the network".formatted(this.access.host());
		}
		if (has(failure, ConnectException.class)) {
			return "%s refuses connections at port %d; check that its SSH server is up".formatted(this.access.host(),
					this.access.port());
		}
		if (has(failure, SocketTimeoutException.class) || has(failure, TimeoutException.class)) {
			return "%s does not answer at port %d within %s; check the network, or raise connect-timeout"
				.formatted(this.access.host(), this.access.port(), seconds(this.access.connectTimeout()));
		}
		return "the connection to %s at port %d broke while it began; check the server and the network"
			.formatted(this.access.host(), this.access.port());
	}

	private String unauthenticated() {
		if (this.access.privateKey() != null) {
			return "the server refuses the user %s with the key %s; add its public half to authorized_keys there, or correct user and private-key"
				.formatted(this.access.user(), this.access.privateKey());
		}
		if (this.access.password() != null) {
			return "the server refuses the user %s with the password given; correct user and password"
				.formatted(this.access.user());
		}
		return "the server refuses the user %s without a password or with the usual keys; set private-key or password"
			.formatted(this.access.user());
	}

	static boolean has(@Nullable Throwable failure, Class<? extends Throwable> type) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (type.isInstance(cause)) {
				return true;
			}
		}
		return false;
	}

	static String seconds(Duration duration) {
		return (duration.toMillis() % 1000 == 0) ? "%d s".formatted(duration.toSeconds())
				: "%d ms".formatted(duration.toMillis());
	}

	static String firstLine(Throwable failure) {
		String said = failure.getMessage();
		return (said == null || said.isBlank()) ? "no reason given" : said.lines().findFirst().orElse("").strip();
	}

	synchronized void close() {
		if (this.client != null) {
			this.client = null;
			SshClients.release();
		}
	}

}
