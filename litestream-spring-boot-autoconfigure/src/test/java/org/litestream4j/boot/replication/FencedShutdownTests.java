package org.litestream4j.boot.replication;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.support.GenericApplicationContext;

import org.litestream4j.boot.OnFenced;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link FencedShutdown}.
 */
@ExtendWith(OutputCaptureExtension.class)
class FencedShutdownTests {

	private final List<String> closedBy = new CopyOnWriteArrayList<>();

	private final CountDownLatch closed = new CountDownLatch(1);

	private GenericApplicationContext context() {
		GenericApplicationContext context = new GenericApplicationContext();
		context.addApplicationListener((event) -> {
			if (event instanceof ContextClosedEvent) {
				this.closedBy.add(Thread.currentThread().getName());
				this.closed.countDown();
			}
		});
		context.refresh();
		return context;
	}

	@Test
	void contextIsClosedOnceByAThreadOfItsOwnAndOneLineSaysWhy(CapturedOutput output) throws Exception {
		try (GenericApplicationContext context = context()) {
			FencedShutdown shutdown = new FencedShutdown(context,
					(name) -> name.equals("app") ? OnFenced.SHUTDOWN : OnFenced.READ_ONLY);
			shutdown.replicaFenced("other", "s3", null, "it is read-only");
			assertThat(context.isActive()).isTrue();
			shutdown.replicaFenced("app", "s3", null, "node-2:4711 owns it");
			shutdown.replicaFenced("app", "file", null, "node-2:4711 owns it, too");
			assertThat(this.closed.await(1, TimeUnit.MINUTES)).isTrue();
		}
		assertThat(this.closedBy).containsExactly("litestream-shutdown");
		assertThat(output.getOut().lines().filter((line) -> line.contains("litestream.on-fenced=shutdown")))
			.singleElement()
			.asString()
			.contains("ERROR", "replica 's3' of database 'app': node-2:4711 owns it");
	}

}
