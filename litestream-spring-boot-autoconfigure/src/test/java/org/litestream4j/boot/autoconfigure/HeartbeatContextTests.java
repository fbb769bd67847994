package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import com.sun.net.httpserver.HttpServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.boot.replication.Heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

class HeartbeatContextTests {

	@TempDir
	private Path directory;

	@Test
	void applicationWhoseDatabasesAreReplicatedSaysSo() throws IOException {
		BlockingQueue<String> requests = new LinkedBlockingQueue<>();
		HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		server.createContext("/", (exchange) -> {
			exchange.sendResponseHeaders(200, -1);
			exchange.close();
			requests.add(exchange.getRequestURI().toString());
		});
		server.start();
		try {
			Contexts.replicated(this.directory)
				.withPropertyValues(
						"litestream.heartbeat.url=http://127.0.0.1:%d/ping".formatted(server.getAddress().getPort()))
				.run((context) -> assertThat(requests.poll(60, TimeUnit.SECONDS)).isEqualTo("/ping"));
		}
		finally {
			server.stop(0);
		}
	}

	@Test
	void nothingIsAskedForWithoutAUrl() {
		Contexts.replicated(this.directory)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(Heartbeat.class));
	}

}
