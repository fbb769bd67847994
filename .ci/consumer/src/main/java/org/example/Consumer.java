package org.example;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.stream.Stream;

import javax.sql.DataSource;

import org.litestream4j.boot.Litestream;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Writes a note, loses the database and finds the note again, with nothing on the class
 * path but what an application gets.
 */
@SpringBootApplication
public class Consumer {

	public static void main(String[] arguments) throws Exception {
		Path directory = Path.of(arguments[0]);
		Path database = directory.resolve("app.db");
		String[] properties = { "--spring.datasource.url=jdbc:sqlite:" + database,
				"--litestream.restore-if-missing=true", "--litestream.replicas[0].url=" + directory.resolve("replica").toUri() };
		try (ConfigurableApplicationContext context = SpringApplication.run(Consumer.class, properties)) {
			try (Connection connection = context.getBean(DataSource.class).getConnection();
					Statement statement = connection.createStatement()) {
				statement.execute("PRAGMA journal_mode = WAL");
				statement.execute("CREATE TABLE note (text TEXT)");
				statement.execute("INSERT INTO note VALUES ('found again')");
			}
			context.getBean(Litestream.class).sync(Duration.ofMinutes(1));
		}
		try (Stream<Path> files = Files.list(directory)) {
			for (Path file : files.filter(Files::isRegularFile).toList()) {
				Files.delete(file);
			}
		}
		try (ConfigurableApplicationContext context = SpringApplication.run(Consumer.class, properties);
				Connection connection = context.getBean(DataSource.class).getConnection();
				Statement statement = connection.createStatement();
				ResultSet note = statement.executeQuery("SELECT text FROM note")) {
			System.out.println("the note was " + note.getString(1));
		}
	}

}
