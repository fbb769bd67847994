package org.litestream4j.store.sftp;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Assumptions;

import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoreDefinition;

/**
 * The real OpenSSH server, on a free port of the loopback address, with keys of its own;
 * whoever runs the tests logs in.
 */
final class OpenSshServer implements AutoCloseable {

	static final Path PROGRAM = Path.of("/usr/sbin/sshd");

	private final Path directory;

	private final Process process;

	private final int port;

	/** Written by the thread that reads what the server says. */
	@SuppressWarnings("JdkObsolete")
	private final StringBuffer log = new StringBuffer();

	private OpenSshServer(Path directory, Process process, int port) throws IOException {
		this.directory = directory;
		this.process = process;
		this.port = port;
		BufferedReader output = process.errorReader();
		for (String line = output.readLine(); line == null
				|| !line.contains("Server listening"); line = output.readLine()) {
			if (line == null) {
				throw new IOException("sshd ended: " + this.log);
			}
			this.log.append(line).append('\n');
		}
		Thread reader = new Thread(() -> {
			try {
				output.lines().forEach((line) -> this.log.append(line).append('\n'));
			}
			catch (UncheckedIOException ex) {
				// the server has ended
			}
		});
		reader.setDaemon(true);
		reader.start();
	}

	/**
	 * Starts one; skips the test where there is no OpenSSH server.
	 * @param directory for its files
	 * @param arguments of its SFTP server
	 */
	static OpenSshServer start(Path directory, String... arguments) throws Exception {
		Assumptions.assumeTrue(Files.isExecutable(PROGRAM), "no /usr/sbin/sshd: install openssh-server");
		if (System.getProperty("user.name").equals("root")) {
			// The program refuses to start without it; usually the system makes it at its
			// start
			Files.createDirectories(Path.of("/run/sshd"));
		}
		Files.createDirectories(directory);
		key(directory.resolve("host_ed25519"), "ed25519", "");
		key(directory.resolve("host_rsa"), "rsa", "");
		key(directory.resolve("user"), "ed25519", "");
		key(directory.resolve("other"), "ed25519", "");
		key(directory.resolve("locked"), "ed25519", "let me in");
		key(directory.resolve("ecdsa"), "ecdsa", "");
		key(directory.resolve("rsa"), "rsa", "");
		StringBuilder authorized = new StringBuilder();
		for (String name : List.of("user", "locked", "ecdsa", "rsa")) {
			authorized.append(Files.readString(directory.resolve(name + ".pub")));
		}
		Files.writeString(directory.resolve("authorized_keys"), authorized);
		int port = freePort();
		Path config = directory.resolve("sshd_config");
		Files.writeString(config, """
				ListenAddress 127.0.0.1:%d
				HostKey %2$s/host_ed25519
				HostKey %2$s/host_rsa
				AuthorizedKeysFile %2$s/authorized_keys
				PidFile none
				StrictModes no
				UsePAM no
				PasswordAuthentication no
				KbdInteractiveAuthentication no
				MaxStartups 100
				Subsystem sftp internal-sftp %3$s
				""".formatted(port, directory, String.join(" ", arguments)));
		String key = Files.readString(directory.resolve("host_ed25519.pub"));
		Files.writeString(directory.resolve("known_hosts"), "[127.0.0.1]:%d %s".formatted(port, key));
		Process process = new ProcessBuilder(PROGRAM.toString(), "-D", "-e", "-f", config.toString()).start();
		return new OpenSshServer(directory, process, port);
	}

	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return socket.getLocalPort();
		}
	}

	private static void key(Path file, String type, String passphrase) throws Exception {
		Process process = new ProcessBuilder("ssh-keygen", "-q", "-t", type, "-N", passphrase, "-f", file.toString())
			.redirectErrorStream(true)
			.start();
		if (process.waitFor() != 0) {
			throw new IOException(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
		}
	}

	InetSocketAddress address() {
		return new InetSocketAddress(InetAddress.getLoopbackAddress(), this.port);
	}

	int port() {
		return this.port;
	}

	Path file(String name) {
		return this.directory.resolve(name);
	}

	static String user() {
		return System.getProperty("user.name");
	}

	/** What it takes to log in. */
	Map<String, String> properties() {
		Map<String, String> properties = new HashMap<>();
		properties.put("private-key", file("user").toString());
		properties.put("known-hosts", file("known_hosts").toString());
		return properties;
	}

	ObjectStore open(Path place, Map<String, String> properties) {
		return open(address(), place, properties);
	}

	static ObjectStore open(InetSocketAddress address, Path place, Map<String, String> properties) {
		String url = "sftp://%s@127.0.0.1:%d%s".formatted(user(), address.getPort(), place);
		return new SftpStoreProvider()
			.open(new StoreDefinition("sftp", url, properties, (name) -> "litestream.replicas[0]." + name, null));
	}

	String log() {
		return this.log.toString();
	}

	@Override
	public void close() {
		this.process.descendants().forEach(ProcessHandle::destroy);
		this.process.destroy();
		this.process.onExit().completeOnTimeout(this.process, 10, TimeUnit.SECONDS).join();
	}

}
