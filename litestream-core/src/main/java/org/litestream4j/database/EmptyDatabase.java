package org.litestream4j.database;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

import org.sqlite.JDBC;

/**
 * Recognises a database that was created and never used: switching a new database to WAL
 * mode writes its first page, so a pool that connects too early leaves a file of one page
 * that holds nothing. Looks only through SQLite, which knows which descriptors it must
 * not close, and reads nothing of a file that is too large to be one.
 */
public final class EmptyDatabase {

	/** A longer file is not such a database. */
	public static final long LARGEST_PAGE = 65_536;

	/** A WAL that is not longer has a header at most, and no frame. */
	private static final long WAL_HEADER = 32;

	private EmptyDatabase() {
	}

	/**
	 * Whether a file that nobody in this process has open is such a database. One whose
	 * WAL or rollback journal holds anything is not, and one that is open is not looked
	 * into: another class loader's SQLite would lose its locks.
	 * @param path not followed if it is a symbolic link
	 * @throws IOException if its size cannot be read
	 */
	public static boolean isAt(Path path) throws IOException {
		return isOnePage(path) && size(beside(path, "-wal")) <= WAL_HEADER && size(beside(path, "-journal")) <= 0
				&& !DatabaseFile.isKnown(path) && !isOpenHere(path) && isWithoutSchema(path, "immutable=1&mode=ro");
	}

	/**
	 * Whether a file that a connection in this process holds open is such a database.
	 * That connection must stay open meanwhile: the last one to close would end the WAL.
	 * @throws IOException if its size cannot be read
	 */
	public static boolean isOpenAt(Path path) throws IOException {
		return isOnePage(path) && !DatabaseFile.isKnown(path) && isWithoutSchema(path, "mode=ro");
	}

	private static boolean isOnePage(Path path) throws IOException {
		BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class,
				LinkOption.NOFOLLOW_LINKS);
		return attributes.isRegularFile() && attributes.size() > 0 && attributes.size() <= LARGEST_PAGE;
	}

	private static boolean isOpenHere(Path path) throws IOException {
		FileId id = FileId.require(path);
		return Descriptors.any((descriptor) -> leadsTo(descriptor, id)) != null;
	}

	private static boolean leadsTo(Path descriptor, FileId id) {
		try {
			return FileId.of(descriptor).filter(id::equals).isPresent();
		}
		catch (IOException ex) {
			return false; // closed meanwhile
		}
	}

	private static Path beside(Path path, String suffix) {
		return path.resolveSibling(path.getFileName() + suffix);
	}

	/** -1 if there is no such file. */
	private static long size(Path path) throws IOException {
		try {
			return Files.size(path);
		}
		catch (NoSuchFileException ex) {
			return -1;
		}
	}

	/** What cannot be read is not empty. */
	private static boolean isWithoutSchema(Path path, String parameters) {
		String name = URLEncoder.encode(path.toAbsolutePath().toString(), StandardCharsets.UTF_8)
			.replace("+", "%20")
			.replace("%2F", "/");
		Properties properties = new Properties();
		// SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
		properties.setProperty("open_mode", "65");
		try (Connection connection = JDBC.createConnection("jdbc:sqlite:file:%s?%s".formatted(name, parameters),
				properties);
				Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT count(*) FROM sqlite_schema")) {
			return rows.next() && rows.getLong(1) == 0;
		}
		catch (SQLException ex) {
			return false;
		}
	}

}
