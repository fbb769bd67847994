package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.util.Map;

import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.GeneratedFiles;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.core.env.MapPropertySource;
import org.springframework.javapoet.ClassName;

import org.litestream4j.boot.replication.DataSourceReplicator;
import org.litestream4j.boot.replication.LitestreamDataSourcePostProcessor;
import org.litestream4j.boot.replication.ReplicatedDatabases;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application whose beans are decided on when it is built.
 */
class AheadOfTimeTests {

	@TempDir
	private Path directory;

	@Test
	void contextIsWrittenAheadOfTime() {
		InMemoryGeneratedFiles files = new InMemoryGeneratedFiles();
		DefaultGenerationContext generation = new DefaultGenerationContext(
				new ClassNameGenerator(ClassName.get("org.example", "Application")), files);
		try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
			context.getEnvironment()
				.getPropertySources()
				.addFirst(new MapPropertySource("test", Map.of("spring.datasource.url",
						Contexts.url(this.directory, "app.db"), "litestream.replicas[0].url", "file:///replica")));
			context.register(DataSourceAutoConfiguration.class, LitestreamAutoConfiguration.class);
			new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
		}
		generation.writeGeneratedContent();
		assertThat(files.getGeneratedFiles(GeneratedFiles.Kind.SOURCE).keySet())
			.anyMatch((name) -> name.endsWith("LitestreamAutoConfiguration__BeanDefinitions.java"));
	}

	/**
	 * The condition was decided at build time, so only the bean itself can still look.
	 */
	@Test
	void propertySetAtRunTimeStillDisables() {
		Contexts.litestream().withPropertyValues(Contexts.replica(this.directory)).run((context) -> {
			LitestreamDataSourcePostProcessor disabled = new LitestreamDataSourcePostProcessor(
					context.getBeanProvider(DataSourceReplicator.class), false);
			try (HikariDataSource pool = new HikariDataSource()) {
				pool.setJdbcUrl(Contexts.url(this.directory, "app.db"));
				assertThat(disabled.postProcessAfterInitialization(pool, "dataSource")).isSameAs(pool);
				assertThat(context.getBean(ReplicatedDatabases.class).all()).isEmpty();
			}
		});
	}

}
