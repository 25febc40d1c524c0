/**
 * What is to be sold: pieces by product, and the key that makes sure that it is sold once. The key stays the same while
 * the cart does, so that the same cart can be sent again when an answer got lost; a cart that changes is another one.
 */
export function createCart() {
  const lines = new Map();
  let key = null;

  return {
    get lines() {
      return [...lines.values()];
    },
    get totalCents() {
      return this.lines.reduce((sum, { product, quantity }) => sum + product.priceCents * quantity, 0);
    },
    get key() {
      key ??= crypto.randomUUID();
      return key;
    },
    add(product) {
      this.set(product, (lines.get(product.id)?.quantity ?? 0) + 1);
    },
    /** None of it takes the product out. */
    set(product, quantity) {
      key = null;
      if (quantity > 0) lines.set(product.id, { product, quantity });
      else lines.delete(product.id);
    },
    /** Paid another way, it is another sale. */
    change() {
      key = null;
    },
    clear() {
      key = null;
      lines.clear();
    },
  };
}
