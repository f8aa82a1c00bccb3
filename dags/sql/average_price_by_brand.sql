-- products: the columns that the container kept. Groceries have no brand.
SELECT
    brand,
    round(avg(price), 2) AS average_price,
    count(*) AS products
FROM products
WHERE brand IS NOT NULL
GROUP BY brand
ORDER BY average_price DESC, brand ASC
