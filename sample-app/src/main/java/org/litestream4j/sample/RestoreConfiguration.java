package org.litestream4j.sample;

import java.nio.file.Path;
import java.util.Objects;

import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * Finds the folder that the actuator's restore operation writes to.
 */
@Configuration(proxyBeanMethods = false)
class RestoreConfiguration {

	@Bean
	RestoredFiles restoredFiles(Environment environment, DataSourceProperties dataSource) {
		Path database = SqliteUrl.file(dataSource.determineUrl());
		Path base = (database != null) ? database : Path.of("none.db").toAbsolutePath();
		String meta = environment.getProperty("litestream.meta-directory",
				base.resolveSibling("." + base.getFileName() + "-litestream").toString());
		String folder = environment.getProperty("litestream.endpoint.restore-directory",
				Path.of(meta, "restores").toString());
		return new RestoredFiles(Path.of(Objects.requireNonNull(folder)), database);
	}

}
