-- name: insert
INSERT INTO price_list (plan, billing_interval, effective_from, included, block_price_micros,
                        surcharge_policy, reminder_percents, commitment_blocks_max,
                        purchase_blocks_max, carrier_commitment_micros_min,
                        carrier_commitment_micros_max, top_up_micros_min, top_up_micros_max,
                        recorded_at, recorded_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT DO NOTHING
RETURNING plan;

-- name: of_plan
-- $1 the plan's name.
SELECT plan, billing_interval, effective_from, included, block_price_micros, surcharge_policy,
       reminder_percents, commitment_blocks_max, purchase_blocks_max,
       carrier_commitment_micros_min, carrier_commitment_micros_max, top_up_micros_min,
       top_up_micros_max
  FROM price_list
 WHERE plan = $1;
