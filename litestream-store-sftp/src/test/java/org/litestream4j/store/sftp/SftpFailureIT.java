package org.litestream4j.store.sftp;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.Security;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.store.ConditionTrial;
import org.litestream4j.store.ConditionTrial.Verdict;
import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.ObjectStore.Depth;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.StoreCapabilities.Conditions;
import org.litestream4j.store.StoreDefinition;
import org.litestream4j.store.StoreTrial;
import org.litestream4j.store.StoredObject;
import org.litestream4j.store.tck.FaultProxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Each way to log in, each way in which that and the rest fails, and what a user reads.
 */
class SftpFailureIT {

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

	@ParameterizedTest
	@ValueSource(strings = { "user", "ecdsa", "rsa" })
	void keysOfAllKindsLogIn(String key) throws Exception {
		Map<String, String> properties = server.properties();
		properties.put("private-key", server.file(key).toString());
		try (ObjectStore store = server.open(place(), properties)) {
			assertWorks(store);
		}
		assertThat(Security.getProvider("BC")).isNull();
	}

	@Test
	void keyWithAPassphraseLogsIn() throws Exception {
		Map<String, String> properties = server.properties();
		properties.put("private-key", server.file("locked").toString());
		properties.put("private-key-passphrase", "let me in");
		try (ObjectStore store = server.open(place(), properties)) {
			assertWorks(store);
		}
		properties.put("private-key-passphrase", "planted-secret");
		assertFails(properties, "locked cannot be read with private-key-passphrase; correct either");
		properties.remove("private-key-passphrase");
		assertFails(properties, "if it has a passphrase, set private-key-passphrase");
	}

	@ParameterizedTest
	@EnumSource(MinaServer.Login.class)
	void passwordLogsIn(MinaServer.Login login) throws Exception {
		try (MinaServer other = new MinaServer(this.directory, login, MinaServer.Subsystem.SFTP)) {
			Map<String, String> properties = new HashMap<>(
					Map.of("user", "joe", "password", MinaServer.PASSWORD, "strict-host-key-checking", "false"));
			String url = "sftp://127.0.0.1:%d/replica".formatted(other.address().getPort());
			try (ObjectStore store = open(url, properties)) {
				assertWorks(store);
			}
			properties.put("password", "wrong");
			assertFails(open(url, properties),
					"the server refuses the user joe with the password given; correct user and password");
		}
	}

	@Test
	void serverWithoutSftpSaysSo() throws Exception {
		try (MinaServer other = new MinaServer(this.directory, MinaServer.Login.PASSWORD, MinaServer.Subsystem.NONE)) {
			assertFails(
					open("sftp://joe@127.0.0.1:%d/replica".formatted(other.address().getPort()),
							Map.of("password", MinaServer.PASSWORD, "strict-host-key-checking", "false")),
					"the server offers no SFTP to this account");
		}
	}

	@Test
	void refusedKeySaysSo() {
		Map<String, String> properties = server.properties();
		properties.put("private-key", server.file("other").toString());
		assertFails(properties, "the server refuses the user %s with the key %s; add its public half to authorized_keys"
			.formatted(OpenSshServer.user(), server.file("other")));
	}

	@Test
	void keyThatIsMissingOrNoneSaysSo() throws Exception {
		Map<String, String> properties = server.properties();
		properties.put("private-key", "/no/such/key");
		assertFails(properties, "the private key /no/such/key does not exist; correct private-key");
		Path none = Files.writeString(this.directory.resolve("none"), "not a key");
		properties.put("private-key", none.toString());
		assertFails(properties, "%s holds no private key; correct private-key".formatted(none));
	}

	@Test
	void unknownHostKeySaysWhatToDo() throws Exception {
		Map<String, String> properties = server.properties();
		Path none = this.directory.resolve("known_hosts");
		properties.put("known-hosts", none.toString());
		assertFails(properties,
				"the server shows the key ssh-ed25519 %s, and %s knows none of [127.0.0.1]:%d: compare it with the server's own, and add it to that file (ssh-keyscan -p %d 127.0.0.1 prints it), or set host-key"
					.formatted(fingerprint("host_ed25519"), none, server.port(), server.port()));
	}

	@Test
	void changedHostKeySaysThatSomebodyMayBeReadingAlong() throws Exception {
		Map<String, String> properties = server.properties();
		Path stale = Files.writeString(this.directory.resolve("known_hosts"),
				"[127.0.0.1]:%d %s".formatted(server.port(), Files.readString(server.file("other.pub"))));
		properties.put("known-hosts", stale.toString());
		assertFails(properties, "somebody may be reading along, or the server has a new key");
		Files.writeString(stale, "@revoked [127.0.0.1]:%d %s".formatted(server.port(),
				Files.readString(server.file("host_ed25519.pub"))));
		assertFails(properties, "calls revoked");
	}

	@Test
	void hashedHostIsFound() throws Exception {
		Path hashed = Files.copy(server.file("known_hosts"), this.directory.resolve("hashed"));
		assertThat(new ProcessBuilder("ssh-keygen", "-q", "-H", "-f", hashed.toString()).start().waitFor()).isZero();
		assertThat(hashed).content().doesNotContain("127.0.0.1");
		Map<String, String> properties = server.properties();
		properties.put("known-hosts", hashed.toString());
		try (ObjectStore store = server.open(place(), properties)) {
			assertWorks(store);
		}
	}

	@Test
	void serverShowsTheKeyThatIsKnown() throws Exception {
		Map<String, String> properties = server.properties();
		Path rsa = Files.writeString(this.directory.resolve("rsa_known"),
				"[127.0.0.1]:%d %s".formatted(server.port(), Files.readString(server.file("host_rsa.pub"))));
		properties.put("known-hosts", rsa.toString());
		try (ObjectStore store = server.open(place(), properties)) {
			assertWorks(store);
		}
	}

	@Test
	void hostKeyIsPinned() throws Exception {
		Map<String, String> properties = server.properties();
		properties.put("known-hosts", "/no/such/file");
		for (String pinned : List.of(fingerprint("host_ed25519"), Files.readString(server.file("host_ed25519.pub")),
				Files.readString(server.file("host_rsa.pub")))) {
			properties.put("host-key", pinned);
			try (ObjectStore store = server.open(place(), properties)) {
				assertWorks(store);
			}
		}
		properties.put("known-hosts", server.file("known_hosts").toString());
		for (String pinned : List.of(fingerprint("other"), Files.readString(server.file("other.pub")), "nonsense")) {
			properties.put("host-key", pinned);
			assertFails(properties, "which is not the one that host-key allows");
		}
	}

	private static String fingerprint(String key) throws Exception {
		Process process = new ProcessBuilder("ssh-keygen", "-l", "-f", server.file(key + ".pub").toString()).start();
		return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).split(" ")[1];
	}

	@Test
	void hostThatDoesNotExistSaysSo() {
		assertFails(open("sftp://joe@sftp.example.invalid/b", Map.of()),
				"host 'sftp.example.invalid' cannot be resolved");
	}

	@Test
	void portWithoutServerSaysSo() throws Exception {
		int port;
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			port = socket.getLocalPort();
		}
		assertFails(open("sftp://joe@127.0.0.1:%d/b".formatted(port), Map.of()),
				"127.0.0.1 refuses connections at port %d; check that its SSH server is up".formatted(port));
	}

	@Test
	void serverThatSaysNothingIsGivenUp() throws Exception {
		try (ServerSocket socket = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
			assertFails(
					open("sftp://joe@127.0.0.1:%d/b".formatted(socket.getLocalPort()), Map.of("connect-timeout", "1s")),
					"the server does not answer within 1 s; check the network, or raise connect-timeout");
		}
	}

	@Test
	void pathThatIsAFileSaysSo() throws Exception {
		Files.createFile(place());
		try (ObjectStore store = server.open(place(), server.properties())) {
			String sentence = "%s is not a directory; move it away, or correct the replica's url".formatted(place());
			assertThat(failure(() -> store.list("d", Depth.TREE, (object) -> true))).hasMessageContaining(sentence);
			assertThat(failure(() -> store.directories(""))).hasMessageContaining(sentence);
			assertThat(failure(() -> store.put(NewObject.named("d/a"), (out) -> out.write(1))))
				.hasMessageContaining(sentence);
		}
	}

	@Test
	void vanishedDirectoryIsNotBegunAnew() throws Exception {
		try (ObjectStore store = server.open(place(), server.properties())) {
			store.put(NewObject.named("g/wal/0"), (out) -> out.write(1));
			Files.delete(place().resolve("g/wal/0"));
			Files.delete(place().resolve("g/wal"));
			NewObject next = NewObject.named("g/wal/1").withNeighbors(NewObject.Neighbors.EXPECTED);
			assertThat(failure(() -> store.put(next, (out) -> out.write(1)))).hasMessageContaining("has vanished");
			store.put(NewObject.named("g/wal/1"), (out) -> out.write(1));
			assertThat(SftpStoreContractIT.names(place())).containsExactly("g/wal/1");
		}
	}

	@Test
	void draftsOfCrashesAreDeletedOnceTheyAreOld() throws Exception {
		Path old = draft("g/wal/.0.0123456789abcdef.tmp", Duration.ofMinutes(20));
		Path young = draft("g/wal/.1.0123456789abcdef.tmp", Duration.ofMinutes(5));
		Path foreign = draft("g/wal/.profile", Duration.ofDays(20));
		try (ObjectStore store = server.open(place(), server.properties())) {
			store.list("", Depth.TREE, (object) -> true);
			assertThat(old).as("only who writes here deletes").exists();
			store.put(NewObject.named("g/wal/2"), (out) -> out.write(1));
			store.list("", Depth.TREE, (object) -> true);
			assertThat(old).doesNotExist();
			assertThat(young).exists();
			assertThat(foreign).exists();
			Path alone = draft("h/wal/.0.0123456789abcdef.tmp", Duration.ofMinutes(20));
			store.put(NewObject.named("h/wal/1"), (out) -> out.write(1));
			store.delete(List.of("h/wal/1"));
			assertThat(alone).doesNotExist();
			assertThat(place().resolve("h")).doesNotExist();
			assertThat(place()).exists();
		}
	}

	private Path draft(String name, Duration age) throws IOException {
		Path file = place().resolve(name);
		Files.createDirectories(file.getParent());
		Files.write(file, new byte[10]);
		Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(age)));
		return file;
	}

	@Test
	void filesAndDirectoriesAreLikeTheDatabase() throws Exception {
		Path database = Files.createFile(this.directory.resolve("app.db"));
		for (String permissions : List.of("rw-------", "rw-r-----")) {
			Files.setPosixFilePermissions(database, PosixFilePermissions.fromString(permissions));
			String url = "sftp://%s@127.0.0.1:%d%s".formatted(OpenSshServer.user(), server.port(), place());
			try (ObjectStore store = new SftpStoreProvider()
				.open(new StoreDefinition("sftp", url, server.properties(), (name) -> name, database))) {
				store.put(NewObject.named("d%s/a".formatted(permissions)), (out) -> out.write(1));
			}
			Path stored = place().resolve("d" + permissions);
			assertThat(Files.getPosixFilePermissions(stored.resolve("a")))
				.isEqualTo(Files.getPosixFilePermissions(database));
			assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(stored)))
				.isEqualTo(permissions.equals("rw-------") ? "rwx------" : "rwxr-x---");
		}
	}

	@Test
	void serverWithoutExtensionsWillDo(@TempDir Path files) throws Exception {
		try (OpenSshServer plain = OpenSshServer.start(files, "-P", "posix-rename,hardlink,fsync,statvfs");
				ObjectStore store = plain.open(place(), plain.properties())) {
			assertWorks(store);
			store.put(NewObject.named("d/a"), (out) -> out.write(1));
			store.put(NewObject.named("d/a"), (out) -> out.write(new byte[] { 1, 2 }));
			assertThat(store.stat("d/a").orElseThrow().size()).isEqualTo(2);
			for (Precondition precondition : List.of(Precondition.ABSENT, Precondition.unchanged("1-1"))) {
				assertThatExceptionOfType(UnsupportedOperationException.class)
					.isThrownBy(() -> store.put(NewObject.named("d/b").when(precondition), (out) -> out.write(1)))
					.withMessageContaining("the server has no hard links");
			}
			assertThat(SftpStoreContractIT.names(place())).containsExactly("d/a");
			assertThat(StoreTrial.conditions(store)).isEqualTo(new ConditionTrial(Verdict.REFUSED, Verdict.REFUSED,
					"the store of replica %s does not store an object on the condition that it is absent"
						.formatted(store.url())));
			assertThat(store.capabilities().conditions()).isEqualTo(Conditions.NONE);
		}
	}

	@Test
	void serverDecidesOnConditions() throws Exception {
		try (ObjectStore store = server.open(place(), server.properties())) {
			assertThat(StoreTrial.conditions(store)).isEqualTo(new ConditionTrial(Verdict.KEPT, Verdict.KEPT, ""));
			assertThat(store.capabilities().conditions()).isEqualTo(Conditions.ATOMIC);
			assertThat(place()).isEmptyDirectory();
		}
	}

	@Test
	void connectionsAreFewAndReturn() throws Exception {
		try (FaultProxy proxy = new FaultProxy(server.address())) {
			Map<String, String> properties = server.properties();
			properties.put("strict-host-key-checking", "false");
			properties.put("connections", "2");
			InetSocketAddress address = proxy.address();
			try (ObjectStore one = OpenSshServer.open(address, place(), properties);
					ObjectStore other = OpenSshServer.open(address, this.directory.resolve("other"), properties)) {
				for (int i = 0; i < 20; i++) {
					one.put(NewObject.named("d/" + i), (out) -> out.write(1));
					other.put(NewObject.named("d/" + i), (out) -> out.write(1));
				}
				assertThat(proxy.connections()).isEqualTo(1);
				try (InputStream first = one.open(new StoredObject("d/1", 1, Instant.EPOCH, null), 0, 1);
						InputStream second = one.open(new StoredObject("d/2", 1, Instant.EPOCH, null), 0, 1);
						InputStream third = one.open(new StoredObject("d/3", 1, Instant.EPOCH, null), 0, 1)) {
					assertThat(List.of(first.read(), second.read(), third.read())).containsOnly(1);
				}
				assertThat(proxy.connections()).isEqualTo(2);
				proxy.cut();
				one.put(NewObject.named("d/again"), (out) -> out.write(1));
				assertThat(proxy.connections()).isEqualTo(3);
			}
		}
	}

	private void assertFails(Map<String, String> properties, String sentence) {
		assertFails(server.open(place(), properties), sentence);
	}

	private static void assertFails(ObjectStore store, String sentence) {
		try (store) {
			assertThat(failure(() -> store.directories(""))).hasMessageContaining(sentence)
				.hasMessageStartingWith("Cannot list the replica sftp://");
			assertThat(failure(() -> store.put(NewObject.named("a"), (out) -> out.write(1))))
				.hasMessageContaining(sentence)
				.hasMessageStartingWith("Cannot write to the replica sftp://");
		}
	}

	private static IOException failure(ThrowingCallable call) {
		IOException failure = catchThrowableOfType(IOException.class, call);
		assertThat(failure).isNotNull();
		assertThat(failure.getMessage()).doesNotContain("\n", "Exception", "planted-secret");
		return failure;
	}

	private static void assertWorks(ObjectStore store) throws IOException {
		StoredObject stored = store.put(NewObject.named("works/a"), (out) -> out.write(7));
		try (InputStream in = store.open(stored, 0, StoredObject.END)) {
			assertThat(in.readAllBytes()).containsExactly(7);
		}
		store.delete(List.of("works/a"));
		assertThat(store.stat("works/a")).isEmpty();
	}

	private static ObjectStore open(String url, Map<String, String> properties) {
		return new SftpStoreProvider().open(new StoreDefinition("sftp", url, properties, (name) -> name, null));
	}

	private Path place() {
		return this.directory.resolve("replica");
	}

}
