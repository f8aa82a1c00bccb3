-- answer: the API's answer, one row with a list of products.
WITH product AS (
    SELECT unnest(products, max_depth := 2)
    FROM answer
)

SELECT
    category,
    count(*) AS products
FROM product
GROUP BY category
ORDER BY products DESC, category ASC
