package org.litestream4j.store.sftp;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.tck.NetworkFaultContract;

/** What every store does when the network breaks, with the real OpenSSH server. */
class SftpFaultContractIT extends NetworkFaultContract {

	private static OpenSshServer server;

	@TempDir
	private Path directory;

	@BeforeAll
	static void startServer(@TempDir Path files) throws Exception {
		server = OpenSshServer.start(files);
	}

	@AfterAll
	static void stopServer() throws Exception {
		if (server != null) {
			server.close();
		}
	}

	@Override
	protected InetSocketAddress server() {
		return server.address();
	}

	@Override
	protected ObjectStore newStore(InetSocketAddress address, Duration timeout) throws IOException {
		Map<String, String> properties = server.properties();
		properties.remove("known-hosts");
		properties.put("host-key", Files.readString(server.file("host_ed25519.pub")));
		properties.put("timeout", timeout.toMillis() + "ms");
		properties.put("connect-timeout", timeout.toMillis() + "ms");
		return OpenSshServer.open(address, this.directory.resolve("replica"), properties);
	}

	@Override
	protected Set<String> storedNames() throws IOException {
		return SftpStoreContractIT.names(this.directory.resolve("replica"));
	}

}
