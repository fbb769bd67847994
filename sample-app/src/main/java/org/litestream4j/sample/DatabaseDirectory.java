package org.litestream4j.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.stereotype.Component;

/**
 * Creates the directory of the database file, which SQLite does not. It does so as soon
 * as the URL is known, so before the starter restores the file or a connection opens it.
 */
@Component
class DatabaseDirectory implements BeanPostProcessor {

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (bean instanceof DataSourceProperties properties) {
			createDirectoryOf(SqliteUrl.file(properties.determineUrl()));
		}
		return bean;
	}

	private static void createDirectoryOf(@Nullable Path database) {
		Path directory = (database != null) ? database.getParent() : null;
		if (directory == null) {
			return;
		}
		try {
			Files.createDirectories(directory);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(
					("The database's directory %s cannot be created: make it, or choose another one with "
							+ "spring.datasource.url")
						.formatted(directory),
					ex);
		}
	}

}
