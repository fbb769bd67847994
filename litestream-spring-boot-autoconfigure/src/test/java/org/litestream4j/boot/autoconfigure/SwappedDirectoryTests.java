package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;

import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.actuate.EndpointSettings;
import org.litestream4j.boot.actuate.LitestreamEndpoint;
import org.litestream4j.boot.actuate.LitestreamEndpointWebExtension;
import org.litestream4j.store.FileStoreProvider;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoreDefinition;
import org.litestream4j.store.StoreProvider;
import org.litestream4j.store.StoredObject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.MAP;

/**
 * Somebody swaps a directory for a link while the endpoint restores into it.
 */
class SwappedDirectoryTests {

	@TempDir
	Path directory = Path.of("unset");

	private final AtomicReference<@Nullable Callable<?>> whenSnapshotIsOpened = new AtomicReference<>();

	@Test
	void nothingIsRestoredToWhereTheLinkLeads() throws IOException {
		Path home = this.directory.toRealPath();
		Path restores = home.resolve("restores");
		Path elsewhere = Files.createDirectory(home.resolve("elsewhere"));
		Contexts.replicated(home)
			.withBean(StoreProvider.class, () -> new HookedProvider(this.whenSnapshotIsOpened))
			.run((context) -> {
				context.getBean(JdbcTemplate.class).execute("CREATE TABLE note(text)");
				context.getBean(Litestream.class).sync(Duration.ofMinutes(1));
				context.getBean(Litestream.class).snapshot();
				assertThat(restore(context, restores, "sub/before.db").getStatus()).isEqualTo(200);
				this.whenSnapshotIsOpened.set(() -> {
					Files.move(restores.resolve("sub"), restores.resolve("moved"));
					return Files.createSymbolicLink(restores.resolve("sub"), elsewhere);
				});
				WebEndpointResponse<Object> answer = restore(context, restores, "sub/after.db");
				assertThat(answer.getStatus()).isEqualTo(400);
				assertThat(answer.getBody()).asInstanceOf(MAP)
					.hasEntrySatisfying("error", (error) -> assertThat(error).asString()
						.contains("a path without symbolic links such as 'sub'"));
				assertThat(elsewhere).isEmptyDirectory();
				assertThat(restores.resolve("moved")).isDirectoryContaining("glob:**/before.db");
				try (var left = Files.list(restores.resolve("moved"))) {
					assertThat(left).hasSize(1);
				}
			});
	}

	private static WebEndpointResponse<Object> restore(AssertableApplicationContext context, Path restores,
			String file) {
		LitestreamEndpoint endpoint = new LitestreamEndpoint(context.getBean(Litestream.class),
				(name) -> new EndpointSettings(restores, Duration.ofMinutes(5)));
		return new LitestreamEndpointWebExtension(endpoint).run("dataSource", "restore", null, null, file, null, null,
				null, null, null, null, null, null);
	}

	private record HookedProvider(AtomicReference<@Nullable Callable<?>> hook) implements StoreProvider {

		@Override
		public boolean supports(String type) {
			return type.equals("file");
		}

		@Override
		public ObjectStore open(StoreDefinition definition) {
			ObjectStore client = new FileStoreProvider().open(definition);
			return (ObjectStore) Proxy.newProxyInstance(getClass().getClassLoader(),
					new Class<?>[] { ObjectStore.class }, (proxy, method, arguments) -> {
						boolean snapshot = method.getName().equals("open")
								&& ((StoredObject) arguments[0]).name().contains("/snapshots/");
						Callable<?> swap = snapshot ? this.hook.getAndSet(null) : null;
						if (swap != null) {
							swap.call();
						}
						try {
							return method.invoke(client, arguments);
						}
						catch (InvocationTargetException ex) {
							throw ex.getCause();
						}
					});
		}

	}

}
