package org.litestream4j.boot.replication;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;

import org.litestream4j.boot.DatabaseDefinition;
import org.litestream4j.boot.LitestreamStartupException;

/**
 * What is configured for which database. Names are matched whatever their notation.
 */
public interface ConfiguredDatabases {

	/**
	 * The databases that are named and found by their file.
	 * @throws LitestreamStartupException if a path is none
	 */
	Map<String, Path> namedFiles();

	/**
	 * The keys of settings for single databases that are not the name of anything.
	 * @param names of beans and databases
	 */
	List<String> unmatchedKeys(Collection<String> names);

	/**
	 * Whether a missing database is restored, under the first name that says so or not.
	 */
	boolean isRestored(List<String> names);

	/** Whether any database that is missing is to be restored. */
	boolean restoresAny();

	/** Whether a database is to be left out. */
	boolean isExcluded(String name);

	/** Whether any database has a replica. */
	boolean hasReplicas();

	/** Whether one database has a replica, under the first name that has settings. */
	boolean hasReplicas(List<String> names);

	/**
	 * The settings of one database.
	 * @param name its name
	 * @param names those that it may be configured under, the first that is wins
	 * @param file the database
	 * @param creationPragmas the application's settings for a file that is created
	 * @throws LitestreamStartupException naming the property that is wrong
	 */
	DatabaseSettings resolve(String name, List<String> names, Path file, Map<String, String> creationPragmas);

	/**
	 * The settings of a database that is registered at run time.
	 * @param definition what the application says of it
	 * @param name its name
	 * @param file the database
	 * @param creationPragmas the application's settings for a file that is created
	 * @throws IllegalArgumentException if a setting is not known or makes no sense
	 * @throws LitestreamStartupException naming the property that is wrong
	 */
	DatabaseSettings resolve(DatabaseDefinition definition, String name, Path file,
			Map<String, String> creationPragmas);

	/**
	 * The directories in which databases are found.
	 * @throws LitestreamStartupException naming the property that is wrong
	 */
	List<WatchedDirectory> directories();

}
