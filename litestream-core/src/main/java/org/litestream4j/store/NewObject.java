package org.litestream4j.store;

import java.time.Instant;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * What an object is to be called, and how a store is to keep it.
 *
 * @param name relative to the replica's place
 * @param metadata kept beside the bytes by stores that can; names in lower case ASCII
 * letters, digits and hyphens, values in printable ASCII
 * @param weight what a store may decide its price and its place by
 * @param neighbors whether others are in its directory
 * @param precondition what must hold for it to be stored
 * @param dated as of when it is to be listed, by stores whose objects have a time that
 * can be set; null for when it is stored
 */
public record NewObject(String name, Map<String, String> metadata, Weight weight, Neighbors neighbors,
		Precondition precondition, @Nullable Instant dated) {

	/**
	 * Creates an object.
	 * @param name relative to the replica's place
	 * @param metadata kept beside the bytes by stores that can; names in lower case ASCII
	 * letters, digits and hyphens, values in printable ASCII
	 * @param weight what a store may decide its price and its place by
	 * @param neighbors whether others are in its directory
	 * @param precondition what must hold for it to be stored
	 * @param dated as of when it is to be listed, by stores whose objects have a time
	 * that can be set; null for when it is stored
	 * @throws IllegalArgumentException if a part of the name is empty or begins with a
	 * dot
	 */
	public NewObject {
		for (String part : name.split("/", -1)) {
			if (part.isEmpty() || part.startsWith(".")) {
				throw new IllegalArgumentException(
						"'%s' is no object name: no part of it may be empty or begin with '.'".formatted(name));
			}
		}
		metadata = Map.copyOf(metadata);
	}

	/**
	 * {@return an object that replaces one of its name, light, without metadata, perhaps
	 * the first in its directory}
	 * @param name relative to the replica's place
	 * @throws IllegalArgumentException if a part of the name is empty or begins with a
	 * dot
	 */
	public static NewObject named(String name) {
		return new NewObject(name, Map.of(), Weight.LIGHT, Neighbors.UNKNOWN, Precondition.NONE, null);
	}

	/**
	 * {@return this object with other metadata}
	 * @param metadata names in lower case ASCII letters, digits and hyphens, values in
	 * printable ASCII
	 */
	public NewObject withMetadata(Map<String, String> metadata) {
		return new NewObject(this.name, metadata, this.weight, this.neighbors, this.precondition, this.dated);
	}

	/**
	 * {@return this object with another weight}
	 * @param weight what a store may decide its price and its place by
	 */
	public NewObject withWeight(Weight weight) {
		return new NewObject(this.name, this.metadata, weight, this.neighbors, this.precondition, this.dated);
	}

	/**
	 * {@return this object with what is known of its directory}
	 * @param neighbors whether others are in its directory
	 */
	public NewObject withNeighbors(Neighbors neighbors) {
		return new NewObject(this.name, this.metadata, this.weight, neighbors, this.precondition, this.dated);
	}

	/**
	 * {@return this object, to be stored on a condition}
	 * @param precondition what must hold for it to be stored
	 */
	public NewObject when(Precondition precondition) {
		return new NewObject(this.name, this.metadata, this.weight, this.neighbors, precondition, this.dated);
	}

	/**
	 * {@return this object with another time}
	 * @param dated as of when it is to be listed, where the store can do that
	 */
	public NewObject withDate(Instant dated) {
		return new NewObject(this.name, this.metadata, this.weight, this.neighbors, this.precondition, dated);
	}

	/** What keeping an object will be like. */
	public enum Weight {

		/** Small, one of many, soon deleted. */
		LIGHT,

		/** Large, kept long, hardly ever read. */
		HEAVY

	}

	/** What else is to be in an object's directory. */
	public enum Neighbors {

		/** Perhaps nothing. */
		UNKNOWN,

		/**
		 * Objects that this one continues: where the store can tell that its directory
		 * has vanished with them, it refuses, rather than beginning anew.
		 */
		EXPECTED

	}

}
