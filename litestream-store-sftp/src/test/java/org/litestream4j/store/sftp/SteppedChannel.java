package org.litestream4j.store.sftp;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.config.hosts.HostConfigEntryResolver;
import org.apache.sshd.client.keyverifier.AcceptAllServerKeyVerifier;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.keyprovider.KeyIdentityProvider;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.security.SecurityUtils;

/**
 * A channel to a server, before each of whose requests somebody else may do something
 * there: what can happen at the same time happens at each moment in turn. Not
 * thread-safe.
 */
final class SteppedChannel extends SftpChannel {

	private Other other = (step) -> {
	};

	private int steps;

	private SteppedChannel(ClientSession session) throws IOException {
		super(session, Duration.ofSeconds(30));
	}

	/** Lets somebody act before each of the requests from now on. */
	void meet(Other somebody) {
		this.other = somebody;
		this.steps = 0;
	}

	/** How many requests were made since. */
	int steps() {
		return this.steps;
	}

	@Override
	public int send(int command, Buffer buffer) throws IOException {
		if (this.other != null) { // else the superclass is being constructed
			this.other.act(this.steps++);
		}
		return super.send(command, buffer);
	}

	/** Does something at the place of the store. */
	@FunctionalInterface
	interface Other {

		/**
		 * Called before a request.
		 * @param step which one, from 0
		 */
		void act(int step) throws IOException;

	}

	/** A connection of its own. */
	static final class Connection implements AutoCloseable {

		private final SshClient client;

		private final SteppedChannel channel;

		Connection(OpenSshServer server) throws Exception {
			System.getProperties().putIfAbsent("org.apache.sshd.security.provider.BC.useNamed", "false");
			this.client = SshClient.setUpDefaultClient();
			this.client.setHostConfigEntryResolver(HostConfigEntryResolver.EMPTY);
			this.client.setKeyIdentityProvider(KeyIdentityProvider.EMPTY_KEYS_PROVIDER);
			this.client.setServerKeyVerifier(AcceptAllServerKeyVerifier.INSTANCE);
			this.client.start();
			ClientSession session = this.client.connect(OpenSshServer.user(), server.address())
				.verify(Duration.ofSeconds(30))
				.getSession();
			Path key = server.file("user");
			try (InputStream in = Files.newInputStream(key)) {
				SecurityUtils.loadKeyPairIdentities(null, NamedResource.ofName(key.toString()), in, null)
					.forEach(session::addPublicKeyIdentity);
			}
			session.auth().verify(Duration.ofSeconds(30));
			this.channel = new SteppedChannel(session);
		}

		SteppedChannel channel() {
			return this.channel;
		}

		@Override
		public void close() {
			this.client.stop();
		}

	}

}
