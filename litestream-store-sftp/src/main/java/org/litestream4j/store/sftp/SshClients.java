package org.litestream4j.store.sftp;

import java.util.ArrayList;
import java.util.List;

import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.config.hosts.HostConfigEntryResolver;
import org.apache.sshd.client.keyverifier.RejectAllServerKeyVerifier;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.AttributeRepository;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.keyprovider.KeyIdentityProvider;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionListener;
import org.apache.sshd.common.signature.Signature;
import org.apache.sshd.core.CoreModuleProperties;
import org.jspecify.annotations.Nullable;

/**
 * The one client of this JVM, with its few threads, whatever the number of servers; there
 * is none while nobody is connected. Thread-safe.
 */
final class SshClients {

	/** Who decides on the key of the server of a connection. */
	static final AttributeRepository.AttributeKey<HostKeys> HOST_KEYS = new AttributeRepository.AttributeKey<>();

	private static @Nullable SshClient client;

	private static int users;

	private SshClients() {
	}

	static synchronized SshClient acquire() {
		SshClient known = client;
		if (known == null) {
			known = create();
			client = known;
		}
		users++;
		return known;
	}

	static synchronized void release() {
		users--;
		if (users == 0 && client != null) {
			client.stop();
			client = null;
		}
	}

	private static SshClient create() {
		SshClient created = SshClient.setUpDefaultClient();
		created.setHostConfigEntryResolver(HostConfigEntryResolver.EMPTY);
		created.setKeyIdentityProvider(KeyIdentityProvider.EMPTY_KEYS_PROVIDER);
		created.setServerKeyVerifier(RejectAllServerKeyVerifier.INSTANCE);
		created.addSessionListener(new Preparation());
		CoreModuleProperties.NIO_WORKERS.set(created, 4);
		created.start();
		return created;
	}

	/** Before the first byte is sent. */
	private static final class Preparation implements SessionListener {

		@Override
		public void sessionCreated(Session session) {
			HostKeys hostKeys = session.getAttribute(HOST_KEYS);
			AttributeRepository context = ((ClientSession) session).getConnectionContext();
			if (hostKeys == null && context != null) {
				hostKeys = context.getAttribute(HOST_KEYS);
			}
			if (hostKeys != null) {
				((ClientSession) session).setServerKeyVerifier(hostKeys);
				List<NamedFactory<Signature>> supported = new ArrayList<>(session.getSignatureFactories());
				session.setSignatureFactories(hostKeys.prefer(supported));
			}
		}

	}

}
