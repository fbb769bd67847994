package org.litestream4j.store.s3;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.testsupport.s3.ScriptedStore;
import org.litestream4j.testsupport.s3.ScriptedStore.Answer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

/** A store with a certificate that nobody knows. */
class S3TlsIT {

	private static final char[] PASSWORD = "changeit".toCharArray();

	private static final Answer EMPTY = Answer.of(200,
			"<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated></ListBucketResult>");

	@TempDir
	private static Path directory;

	private static KeyStore keys;

	@BeforeAll
	static void makeCertificate() throws Exception {
		Path file = directory.resolve("store.p12");
		Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
				"-genkeypair", "-alias", "store", "-keyalg", "EC", "-dname", "CN=127.0.0.1", "-ext", "san=ip:127.0.0.1",
				"-storetype", "PKCS12", "-keystore", file.toString(), "-storepass", "changeit")
			.redirectErrorStream(true)
			.start();
		assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
		keys = KeyStore.getInstance("PKCS12");
		try (InputStream in = Files.newInputStream(file)) {
			keys.load(in, PASSWORD);
		}
	}

	@Test
	void certificateIsTrustedByWhomeverIsTold() throws Exception {
		TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		trust.init(keys);
		try (ScriptedStore store = store();
				V03Replica client = replica(store, new S3Tls(List.of(trust.getTrustManagers()), List.of()))) {
			assertThat(client.generations()).isEmpty();
		}
	}

	@Test
	void certificateIsNotTrustedOtherwise() throws Exception {
		try (ScriptedStore store = store(); V03Replica client = replica(store, null)) {
			assertThatIOException().isThrownBy(client::generations)
				.withMessageContaining("check that its certificate is trusted");
		}
	}

	@Test
	void certificateOfAnotherHostIsNotTrustedWithoutTheSdkEither() throws Exception {
		TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		trust.init(keys);
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(null, trust.getTrustManagers(), null);
		try (ScriptedStore store = store()) {
			assertThat(status(store, "127.0.0.1", context)).isEqualTo(200);
			assertThatExceptionOfType(SSLException.class).isThrownBy(() -> status(store, "localhost", context));
			assertThatExceptionOfType(SSLException.class)
				.isThrownBy(() -> status(store, "127.0.0.1", SSLContext.getDefault()));
		}
	}

	private static int status(ScriptedStore store, String host, SSLContext context) throws IOException {
		URI endpoint = URI.create("https://%s:%d".formatted(host, store.endpoint().getPort()));
		S3PlainConnection connection = new S3PlainConnection(endpoint, "us-east-1", "key", "secret", null);
		try (S3PlainHttp http = new S3PlainHttp(connection, context::getSocketFactory);
				S3PlainHttp.Answer answer = http.get("/", Map.of("host", connection.hostHeader()),
						Duration.ofSeconds(10))) {
			return answer.status();
		}
	}

	private static ScriptedStore store() throws Exception {
		KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		own.init(keys, PASSWORD);
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(own.getKeyManagers(), null, null);
		return new ScriptedStore(EMPTY, context.getServerSocketFactory());
	}

	private static V03Replica replica(ScriptedStore store, @Nullable S3Tls tls) throws IOException {
		URI endpoint = URI.create(store.endpoint().toString().replace("http:", "https:"));
		S3Connection connection = new S3Connection(endpoint, "us-east-1", true, "key", "secret", null, tls);
		return new V03Replica(new S3Store(S3Clients.create(connection, null), true, S3Location.of("bucket", "app"),
				S3ReplicaOptions.DEFAULTS));
	}

}
